from .predict import predict as predict
from .embed import embed as embed
from .features import Features as Features
from .neighbours import similar as similar, unusual as unusual
from .runs import predict_to_parquet as predict_to_parquet, embed_to_parquet as embed_to_parquet
