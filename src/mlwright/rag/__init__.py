"""RAG: documents become chunks in an index; a question becomes an answer with verified citations."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.rag.blocks import TemplateBlock as TemplateBlock
    from mlwright.rag.blocks import template_blocks as template_blocks
    from mlwright.rag.blocks import without_blocks as without_blocks
    from mlwright.rag.build import build_rag as build_rag
    from mlwright.rag.compute import AnyCompute as AnyCompute
    from mlwright.rag.compute import ComputePart as ComputePart
    from mlwright.rag.conversations import NEW as NEW
    from mlwright.rag.conversations import Conversations as Conversations
    from mlwright.rag.derived import forget_derived as forget_derived
    from mlwright.rag.describe import answer_of as answer_of
    from mlwright.rag.describe import answers as answers
    from mlwright.rag.draft import Composed as Composed
    from mlwright.rag.draft import Tried as Tried
    from mlwright.rag.duplicates import Distinct as Distinct
    from mlwright.rag.filters import ACL as ACL
    from mlwright.rag.filters import Filter as Filter
    from mlwright.rag.filters import Where as Where
    from mlwright.rag.filters import as_filter as as_filter
    from mlwright.rag.filters import filter_text as filter_text
    from mlwright.rag.filters import parse_filter as parse_filter
    from mlwright.rag.filters import plain_filter as plain_filter
    from mlwright.rag.filters import read_filter as read_filter
    from mlwright.rag.indexes import AnyIndex as AnyIndex
    from mlwright.rag.indexes import Damage as Damage
    from mlwright.rag.map import EmbeddingMap as EmbeddingMap
    from mlwright.rag.map import MapCluster as MapCluster
    from mlwright.rag.map import MapPoint as MapPoint
    from mlwright.rag.map import NearDuplicate as NearDuplicate
    from mlwright.rag.outline import Outline as Outline
    from mlwright.rag.outline import outline_of as outline_of
    from mlwright.rag.parse import Reader as Reader
    from mlwright.rag.parse import every_parser as every_parser
    from mlwright.rag.parsers import ParserPart as ParserPart
    from mlwright.rag.pipeline import Rag as Rag
    from mlwright.rag.plan import Load as Load
    from mlwright.rag.plan import cost_lines as cost_lines
    from mlwright.rag.plan import prompt_tokens as prompt_tokens
    from mlwright.rag.plan import search_lines as search_lines
    from mlwright.rag.plan import search_seconds as search_seconds
    from mlwright.rag.plan import situate_lines as situate_lines
    from mlwright.rag.plan import storage_lines as storage_lines
    from mlwright.rag.ports import DocumentSource as DocumentSource
    from mlwright.rag.ports import Recorder as Recorder
    from mlwright.rag.ports import SourceDocument as SourceDocument
    from mlwright.rag.prompt import Prompt as Prompt
    from mlwright.rag.prompt import built_in as built_in
    from mlwright.rag.report import RagReport as RagReport
    from mlwright.rag.spec import PipelineSpec as PipelineSpec
    from mlwright.rag.spec import RerankSpec as RerankSpec
    from mlwright.rag.templates import built_in_text as built_in_text
    from mlwright.rag.types import Answer as Answer
    from mlwright.rag.types import Block as Block
    from mlwright.rag.types import Call as Call
    from mlwright.rag.types import Candidate as Candidate
    from mlwright.rag.types import Chunk as Chunk
    from mlwright.rag.types import Citation as Citation
    from mlwright.rag.types import Conversation as Conversation
    from mlwright.rag.types import DocumentInfo as DocumentInfo
    from mlwright.rag.types import Hit as Hit
    from mlwright.rag.types import IndexDiff as IndexDiff
    from mlwright.rag.types import IndexInfo as IndexInfo
    from mlwright.rag.types import IndexReport as IndexReport
    from mlwright.rag.types import Original as Original
    from mlwright.rag.types import Parsed as Parsed
    from mlwright.rag.types import PrunedIndex as PrunedIndex
    from mlwright.rag.types import Retrieval as Retrieval
    from mlwright.rag.types import Situated as Situated
    from mlwright.rag.types import Span as Span
    from mlwright.rag.types import StageReport as StageReport
    from mlwright.rag.types import Token as Token
    from mlwright.rag.types import Turn as Turn
    from mlwright.rag.types import Used as Used
    from mlwright.rag.usage import used as used
    from mlwright.rag.versions import IndexVersions as IndexVersions
    from mlwright.rag.versions import forget_shelves as forget_shelves

__all__ = [
    "ACL",
    "NEW",
    "Answer",
    "AnyCompute",
    "AnyIndex",
    "Block",
    "Call",
    "Candidate",
    "Chunk",
    "Citation",
    "Composed",
    "ComputePart",
    "Conversation",
    "Conversations",
    "Damage",
    "Distinct",
    "DocumentInfo",
    "DocumentSource",
    "EmbeddingMap",
    "Filter",
    "Hit",
    "IndexDiff",
    "IndexInfo",
    "IndexReport",
    "IndexVersions",
    "Load",
    "MapCluster",
    "MapPoint",
    "NearDuplicate",
    "Original",
    "Outline",
    "Parsed",
    "ParserPart",
    "PipelineSpec",
    "Prompt",
    "PrunedIndex",
    "Rag",
    "RagReport",
    "Reader",
    "Recorder",
    "RerankSpec",
    "Retrieval",
    "Situated",
    "SourceDocument",
    "Span",
    "StageReport",
    "TemplateBlock",
    "Token",
    "Tried",
    "Turn",
    "Used",
    "Where",
    "answer_of",
    "answers",
    "as_filter",
    "build_rag",
    "built_in",
    "built_in_text",
    "cost_lines",
    "every_parser",
    "filter_text",
    "forget_derived",
    "forget_shelves",
    "outline_of",
    "parse_filter",
    "plain_filter",
    "prompt_tokens",
    "read_filter",
    "search_lines",
    "search_seconds",
    "situate_lines",
    "storage_lines",
    "template_blocks",
    "used",
    "without_blocks",
]
__getattr__, __dir__ = front_door(
    __name__,
    blocks="TemplateBlock template_blocks without_blocks",
    build="build_rag",
    derived="forget_derived",
    draft="Composed Tried",
    duplicates="Distinct",
    compute="AnyCompute ComputePart",
    conversations="NEW Conversations",
    describe="answer_of answers",
    filters="ACL Filter Where as_filter filter_text parse_filter plain_filter read_filter",
    pipeline="Rag",
    plan="Load cost_lines prompt_tokens search_lines search_seconds situate_lines storage_lines",
    indexes="AnyIndex Damage",
    map="EmbeddingMap MapCluster MapPoint NearDuplicate",
    outline="Outline outline_of",
    parse="Reader every_parser",
    parsers="ParserPart",
    ports="DocumentSource Recorder SourceDocument",
    prompt="Prompt built_in",
    report="RagReport",
    templates="built_in_text",
    spec="PipelineSpec RerankSpec",
    usage="used",
    versions="IndexVersions forget_shelves",
    types="Answer Block Call Candidate Chunk Citation Conversation DocumentInfo Hit IndexDiff IndexInfo IndexReport "
    "Original Parsed PrunedIndex Retrieval Situated Span StageReport Token Turn Used",
)
