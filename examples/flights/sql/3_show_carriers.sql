-- Airlines by their average delay over the year.
SELECT
  airline,
  sum(flights) AS flights,
  round(100.0 * sum(cancelled) / sum(flights), 1) AS cancelled_percent,
  round(sum(departure_delay_min) / sum(departed), 1) AS avg_departure_delay_min
FROM gold.delay_by_carrier_month
GROUP BY airline
ORDER BY avg_departure_delay_min DESC
LIMIT 8;
