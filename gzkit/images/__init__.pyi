from .stretch import Stretch as Stretch
from .read import read_image as read_image, load_image as load_image, ImageError as ImageError
from .cache import open_images as open_images
from .augment import Augmentation as Augmentation
from .batches import training_batches as training_batches, evaluation_batches as evaluation_batches
