-- gold.worst_routes: routes with at least one flight a week, the latest arrivals first.
CREATE OR REPLACE TABLE gold.worst_routes AS
SELECT
  origin,
  destination,
  any_value(destination_name) AS destination_name,
  count(*) AS flights,
  round(avg(arrival_delay_min), 1) AS avg_arrival_delay_min,
  quantile_cont(arrival_delay_min, 0.9) AS worst_tenth_min,
  round(100.0 * count(*) FILTER (cancelled) / count(*), 1) AS cancelled_percent
FROM silver.flights
GROUP BY origin, destination
HAVING count(*) >= 52
ORDER BY avg_arrival_delay_min DESC;
