-- Average delay of departures by month, all airlines.
SELECT
  monthname(make_date(2013, d.month, 1)) AS month,
  round(sum(d.departure_delay_min) / sum(d.departed), 1) AS avg_departure_delay_min
FROM gold.delay_by_carrier_month AS d
GROUP BY d.month
ORDER BY d.month;
