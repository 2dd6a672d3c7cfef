-- silver.flights: one row for each scheduled flight, typed, cleaned and joined with its airline, its
-- destination, its plane, and the weather at its origin in its hour.
CREATE SCHEMA IF NOT EXISTS silver;

CREATE TABLE IF NOT EXISTS silver.flights (
  flight_date         DATE    NOT NULL,
  month               INTEGER NOT NULL,
  carrier             VARCHAR NOT NULL,
  airline             VARCHAR,
  flight_number       INTEGER NOT NULL,
  tail_number         VARCHAR,
  origin              VARCHAR NOT NULL,
  destination         VARCHAR NOT NULL,
  destination_name    VARCHAR,
  scheduled_departure TIMESTAMP WITH TIME ZONE NOT NULL,
  actual_departure    TIMESTAMP WITH TIME ZONE,
  departure_delay_min INTEGER,
  arrival_delay_min   INTEGER,
  cancelled           BOOLEAN NOT NULL,
  diverted            BOOLEAN NOT NULL,
  air_time_min        INTEGER,
  distance_miles      INTEGER,
  manufacturer        VARCHAR,
  model               VARCHAR,
  plane_built         INTEGER,
  seats               INTEGER,
  temperature_f       DOUBLE,
  wind_mph            DOUBLE,
  precipitation_in    DOUBLE,
  visibility_miles    DOUBLE
) PARTITIONED BY (month);

-- Only flights that are not there yet: running it again adds nothing.
INSERT INTO silver.flights
WITH flights AS (
  SELECT
    *,
    make_date(year, month, day) AS flight_date,
    -- 515 is a quarter past five, New York time.
    make_timestamptz(year, month, day, sched_dep_time // 100, sched_dep_time % 100, 0,
                     'America/New_York') AS scheduled_departure
  FROM bronze.flights
  -- A row with a value that did not fit its column waits in bronze until somebody has looked at it.
  WHERE _rescued_data IS NULL
)
SELECT
  f.flight_date,
  f.month,
  f.carrier,
  airlines.name,
  f.flight,
  f.tailnum,
  f.origin,
  f.dest,
  airports.name,
  f.scheduled_departure,
  -- A delay over midnight is in the delay, not in the time of day.
  f.scheduled_departure + to_minutes(f.dep_delay),
  f.dep_delay,
  f.arr_delay,
  f.dep_time IS NULL,
  f.dep_time IS NOT NULL AND f.air_time IS NULL,
  f.air_time,
  f.distance,
  planes.manufacturer,
  planes.model,
  planes.year,
  planes.seats,
  weather.temp,
  weather.wind_speed,
  weather.precip,
  weather.visib
FROM flights AS f
LEFT JOIN bronze.airlines AS airlines ON airlines.carrier = f.carrier
LEFT JOIN bronze.airports AS airports ON airports.faa = f.dest
LEFT JOIN bronze.planes AS planes ON planes.tailnum = f.tailnum
LEFT JOIN bronze.weather AS weather ON weather.origin = f.origin AND weather.time_hour = f.time_hour
WHERE NOT EXISTS (
  SELECT 1
  FROM silver.flights AS s
  WHERE s.flight_date = f.flight_date
    AND s.carrier = f.carrier
    AND s.flight_number = f.flight
    AND s.origin = f.origin
);
