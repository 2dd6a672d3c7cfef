-- What the weather does, the worst first.
SELECT * FROM gold.weather_effect ORDER BY avg_departure_delay_min DESC;
