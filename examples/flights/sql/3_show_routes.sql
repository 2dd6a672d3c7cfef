-- The ten routes that are latest.
SELECT origin, destination, destination_name, flights, avg_arrival_delay_min, cancelled_percent
FROM gold.worst_routes
ORDER BY avg_arrival_delay_min DESC
LIMIT 10;
