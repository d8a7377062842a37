"""The engine that tables are computed by: expressions in, Parquet files or small tables out."""
