from .tree import Schema as Schema
from .question import Question as Question, Answer as Answer
from .build import suggest as suggest
from .surveys import (
    load_schema as load_schema,
    schema_names as schema_names,
    survey_facts as survey_facts,
    as_schema as as_schema,
)
