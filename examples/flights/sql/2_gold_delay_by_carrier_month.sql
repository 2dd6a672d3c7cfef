-- gold.delay_by_carrier_month: how late each airline is, month by month.
CREATE SCHEMA IF NOT EXISTS gold;

CREATE OR REPLACE TABLE gold.delay_by_carrier_month AS
SELECT
  carrier,
  any_value(airline) AS airline,
  month,
  count(*) AS flights,
  count(*) FILTER (cancelled) AS cancelled,
  sum(departure_delay_min) AS departure_delay_min,
  count(departure_delay_min) AS departed,
  round(avg(departure_delay_min), 2) AS avg_departure_delay_min,
  round(avg(arrival_delay_min), 2) AS avg_arrival_delay_min,
  round(100.0 * count(*) FILTER (arrival_delay_min >= 15) / nullif(count(arrival_delay_min), 0), 1)
    AS late_percent
FROM silver.flights
GROUP BY carrier, month
ORDER BY carrier, month;
