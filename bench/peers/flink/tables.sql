CREATE TABLE person (
  id BIGINT, name STRING, email_address STRING, credit_card STRING, city STRING, state STRING, date_time TIMESTAMP(6), extra STRING
) WITH ('connector' = 'nexmark', 'kind' = 'person');

CREATE TABLE auction (
  id BIGINT, item_name STRING, description STRING, initial_bid BIGINT, reserve BIGINT, date_time TIMESTAMP(6),
  expires TIMESTAMP(6), seller BIGINT, category BIGINT, extra STRING
) WITH ('connector' = 'nexmark', 'kind' = 'auction');

CREATE TABLE bid (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(6), extra STRING,
  processed AS PROCTIME()
) WITH ('connector' = 'nexmark', 'kind' = 'bid');

CREATE TABLE side_input (key BIGINT, `value` STRING) WITH ('connector' = 'nexmark', 'kind' = 'side_input');

-- With event time, whose watermarks Flink can keep in milliseconds only.
CREATE TABLE timed_person (
  id BIGINT, name STRING, email_address STRING, credit_card STRING, city STRING, state STRING, date_time TIMESTAMP(6), extra STRING,
  event_time TIMESTAMP(3), WATERMARK FOR event_time AS event_time - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'kind' = 'person');

CREATE TABLE timed_auction (
  id BIGINT, item_name STRING, description STRING, initial_bid BIGINT, reserve BIGINT, date_time TIMESTAMP(6),
  expires TIMESTAMP(6), seller BIGINT, category BIGINT, extra STRING,
  event_time TIMESTAMP(3), WATERMARK FOR event_time AS event_time - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'kind' = 'auction');

CREATE TABLE timed_bid (
  auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time TIMESTAMP(6), extra STRING,
  event_time TIMESTAMP(3), WATERMARK FOR event_time AS event_time - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'kind' = 'bid');

CREATE TEMPORARY SYSTEM FUNCTION count_char AS 'bench.CountChar';
