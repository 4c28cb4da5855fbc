"""All SQL of RAG: documents as parsed, what an index holds, prompts and answers."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.rag.tables.answered import add_answer as add_answer
    from mlwright.rag.tables.answered import add_prompt as add_prompt
    from mlwright.rag.tables.answered import answer_of as answer_of
    from mlwright.rag.tables.answered import answers as answers
    from mlwright.rag.tables.answered import prompt_text as prompt_text
    from mlwright.rag.tables.answered import used as used
    from mlwright.rag.tables.indexed import add_index_tag as add_index_tag
    from mlwright.rag.tables.indexed import datasets_in_use as datasets_in_use
    from mlwright.rag.tables.indexed import document_infos as document_infos
    from mlwright.rag.tables.indexed import documents as documents
    from mlwright.rag.tables.indexed import holds as holds
    from mlwright.rag.tables.indexed import index_at as index_at
    from mlwright.rag.tables.indexed import index_of as index_of
    from mlwright.rag.tables.indexed import index_tags as index_tags
    from mlwright.rag.tables.indexed import index_versions as index_versions
    from mlwright.rag.tables.indexed import labelled as labelled
    from mlwright.rag.tables.indexed import last_generation as last_generation
    from mlwright.rag.tables.indexed import put_index as put_index
    from mlwright.rag.tables.indexed import remove_index_tag as remove_index_tag
    from mlwright.rag.tables.indexed import set_documents as set_documents
    from mlwright.rag.tables.parsed import add_unreadable as add_unreadable
    from mlwright.rag.tables.parsed import add_vectors as add_vectors
    from mlwright.rag.tables.parsed import add_version as add_version
    from mlwright.rag.tables.parsed import chunk_counts as chunk_counts
    from mlwright.rag.tables.parsed import chunk_ids as chunk_ids
    from mlwright.rag.tables.parsed import chunks as chunks
    from mlwright.rag.tables.parsed import chunks_in as chunks_in
    from mlwright.rag.tables.parsed import chunks_of as chunks_of
    from mlwright.rag.tables.parsed import count_chunks as count_chunks
    from mlwright.rag.tables.parsed import cut_versions as cut_versions
    from mlwright.rag.tables.parsed import forget_chunks as forget_chunks
    from mlwright.rag.tables.parsed import is_cut as is_cut
    from mlwright.rag.tables.parsed import known_vectors as known_vectors
    from mlwright.rag.tables.parsed import uncut as uncut
    from mlwright.rag.tables.parsed import unreadable as unreadable
    from mlwright.rag.tables.parsed import vectors as vectors
    from mlwright.rag.tables.parsed import version as version
    from mlwright.rag.tables.parsed import versions_of as versions_of
    from mlwright.rag.tables.parsed import without_vector as without_vector

__all__ = [
    "add_answer",
    "add_index_tag",
    "add_prompt",
    "add_unreadable",
    "add_vectors",
    "add_version",
    "answer_of",
    "answers",
    "chunk_counts",
    "chunk_ids",
    "chunks",
    "chunks_in",
    "chunks_of",
    "count_chunks",
    "cut_versions",
    "datasets_in_use",
    "document_infos",
    "documents",
    "forget_chunks",
    "holds",
    "index_at",
    "index_of",
    "index_tags",
    "index_versions",
    "is_cut",
    "known_vectors",
    "labelled",
    "last_generation",
    "prompt_text",
    "put_index",
    "remove_index_tag",
    "set_documents",
    "uncut",
    "unreadable",
    "used",
    "vectors",
    "version",
    "versions_of",
    "without_vector",
]
__getattr__, __dir__ = front_door(
    __name__,
    answered="add_answer add_prompt answer_of answers prompt_text used",
    indexed="add_index_tag datasets_in_use document_infos documents holds index_at index_of index_tags "
    "index_versions labelled last_generation put_index remove_index_tag set_documents",
    parsed="add_unreadable add_vectors add_version chunk_counts chunk_ids chunks chunks_in chunks_of "
    "count_chunks cut_versions forget_chunks is_cut known_vectors uncut unreadable vectors version versions_of "
    "without_vector",
)
