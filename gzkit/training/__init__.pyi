from .finetune import finetune as finetune
from .optimization import (
    build_optimizer as build_optimizer,
    freeze_blocks as freeze_blocks,
    rate_at as rate_at,
)
from .guards import TrainingStopped as TrainingStopped
from .state import FinetuneRun as FinetuneRun
