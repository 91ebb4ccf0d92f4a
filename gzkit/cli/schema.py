"""``gzkit schema``: list, show and make decision trees."""

from pathlib import Path

import gzkit as gz
from gzkit.cli.options import add_option, add_schema_forms, command, schema_of
from gzkit.cli.zooniverse import add_from_workflow
from gzkit.schema.surveys import survey_facts


def add_schema(commands):
    """``gzkit schema`` and its sub-commands."""
    parser = commands.add_parser(
        "schema", help="list and show the decision trees of surveys, or make one of a Zooniverse workflow"
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    surveys = "name the surveys whose decision trees gzkit knows"
    command(actions, "list", _run_schema_list, surveys, example="gzkit schema list")
    drawing = "draw a decision tree as text, or write it to a file"
    show = command(actions, "show", _run_schema_show, drawing, example="gzkit schema show gz2 --png gz2.png")
    show.add_argument(
        "schema", metavar="NAME", help="a survey (see gzkit schema list), or a schema in a .json file"
    )
    add_schema_forms(show)
    add_option(show, "--json", "FILE", "write the schema to this file too")
    add_option(show, "--svg", "FILE", "write the drawing to this file (.svg)")
    add_option(show, "--png", "FILE", "write the drawing to this file (.png)")
    wording = "draw what volunteers read, in place of the names"
    show.add_argument("--wording", action="store_true", help=wording)
    show.add_argument("--icons", action="store_true", help="draw a little galaxy for each answer")
    add_from_workflow(actions)


def _run_schema_list(options):
    for name in gz.schema_names():
        schema = gz.load_schema(name)
        counts = f"{len(schema.questions):3} questions {len(schema.answers):4} answers"
        print(f"{name:21}{counts}  {survey_facts(name)['title']}")


def _run_schema_show(options):
    schema = schema_of(options)
    if options.json:
        schema.to_json(options.json)
    if options.svg:
        from gzkit.plots.tree.svg import tree_svg

        svg = tree_svg(schema, wording=options.wording, icons=options.icons)
        Path(options.svg).write_text(svg, encoding="utf-8")
    if options.png:
        ax = gz.plot_tree(schema, wording=options.wording, icons=options.icons)
        ax.get_figure().savefig(options.png, dpi=200)
    print(schema)
    if options.schema in gz.schema_names():
        for source in survey_facts(options.schema)["source"]:
            print(f"source: {source}")
