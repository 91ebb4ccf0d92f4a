"""``gzkit schema``: list, show and make decision trees."""

import gzkit as gz
from gzkit.cli.options import LOAD_SCHEMA, add_keywords, command, schema_of
from gzkit.cli.zooniverse import add_from_workflow
from gzkit.files.whole import whole_file, write_text
from gzkit.schema.surveys import survey_facts


def add_schema(commands):
    """``gzkit schema`` and its sub-commands."""
    parser = commands.add_parser(
        "schema", help="list and show the decision trees of surveys, or make one of a Zooniverse workflow"
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    command(actions, "list", _run_schema_list)
    show = command(actions, "show", _run_schema_show)
    add_keywords(show, LOAD_SCHEMA, "campaign_suffix parents")
    add_keywords(show, "plots.tree.figure.plot_tree", "wording icons")
    add_from_workflow(actions)


def _run_schema_list(options):
    """Name the surveys whose decision trees gzkit knows.

    for example: gzkit schema list

    Parameters
    ----------
    html : FILE, optional
        Write all of them to this page: to zoom, fold and walk down.
    """
    schemas = {name: gz.load_schema(name) for name in gz.schema_names()}
    if options.html:
        from gzkit.report import write_trees

        write_trees(options.html, list(schemas.values()), title="The surveys that gzkit knows")
    for name, schema in schemas.items():
        counts = f"{len(schema.questions):3} questions {len(schema.answers):4} answers"
        print(f"{name:21}{counts}  {survey_facts(name)['title']}")


def _run_schema_show(options):
    """Draw a decision tree as text, or write it to a file.

    for example: gzkit schema show gz2 --png gz2.png

    Parameters
    ----------
    schema : NAME
        A survey (see gzkit schema list), or a schema in a .json file.
    json : FILE, optional
        Write the schema to this file too.
    svg, png : FILE, optional
        Write the drawing to this file.
    html : FILE, optional
        Write it to this page: to zoom, fold and walk down.
    """
    schema = schema_of(options)
    if options.json:
        schema.to_json(options.json)
    if options.html:
        schema.to_html(options.html)
    if options.svg:
        from gzkit.plots.tree.svg import tree_svg

        svg = tree_svg(schema, wording=options.wording, icons=options.icons)
        write_text(options.svg, svg)
    if options.png:
        ax = gz.plot_tree(schema, wording=options.wording, icons=options.icons)
        with whole_file(options.png) as file:
            ax.get_figure().savefig(file, format="png", dpi=200)
    print(schema)
    if options.schema in gz.schema_names():
        for source in survey_facts(options.schema)["source"]:
            print(f"source: {source}")
