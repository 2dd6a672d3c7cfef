-- gold.weather_effect: what rain, wind and fog at the origin do to departures.
CREATE OR REPLACE TABLE gold.weather_effect AS
WITH conditions AS (
  SELECT
    *,
    CASE
      WHEN visibility_miles < 2 THEN '1 fog or heavy snow'
      WHEN precipitation_in >= 0.1 THEN '2 heavy rain'
      WHEN precipitation_in > 0 THEN '3 light rain'
      WHEN wind_mph >= 20 THEN '4 strong wind'
      ELSE '5 fair'
    END AS conditions
  FROM silver.flights
  WHERE visibility_miles IS NOT NULL
)
SELECT
  substr(conditions, 3) AS conditions,
  count(*) AS flights,
  round(avg(departure_delay_min), 1) AS avg_departure_delay_min,
  round(100.0 * count(*) FILTER (departure_delay_min >= 60) / count(*), 1) AS hour_late_percent,
  round(100.0 * count(*) FILTER (cancelled) / count(*), 1) AS cancelled_percent
FROM conditions
GROUP BY conditions
ORDER BY avg_departure_delay_min DESC;
