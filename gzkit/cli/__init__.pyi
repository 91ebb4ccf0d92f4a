from .main import main as main, build_parser as build_parser
