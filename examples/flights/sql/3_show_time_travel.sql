-- Before and after the late batch. Version 0 of bronze.flights is the empty table, 1 the first batch, 2 the
-- late one; each refresh of the gold table is a version of it.
SELECT 'before the late batch' AS state,
       (SELECT count(*) FROM bronze.flights AT (VERSION => 1)) AS bronze_flights,
       sum(flights) AS december_flights,
       round(sum(departure_delay_min) / sum(departed), 2) AS december_delay_min
FROM gold.delay_by_carrier_month AT (VERSION => 0)
WHERE month = 12
UNION ALL
SELECT 'after it',
       (SELECT count(*) FROM bronze.flights),
       sum(flights),
       round(sum(departure_delay_min) / sum(departed), 2)
FROM gold.delay_by_carrier_month
WHERE month = 12;
