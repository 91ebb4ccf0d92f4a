from .whole import whole_file as whole_file, write_text as write_text, write_csv as write_csv
from .lock import alone_in as alone_in
from .fingerprint import fingerprint as fingerprint
