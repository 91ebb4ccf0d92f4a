from .predict import predict as predict
from .runs import predict_to_parquet as predict_to_parquet
