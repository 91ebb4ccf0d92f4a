from .tree_model import TreeModel as TreeModel
from .encoder import create_encoder as create_encoder
from .head import begin_at_constant as begin_at_constant
from .zoobot import load_zoobot as load_zoobot
from .engine import start_engine as start_engine
