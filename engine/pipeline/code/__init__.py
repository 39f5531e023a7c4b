"""Dynamic code: checked, rewritten into what the interpreter runs, and what of a task it reaches."""

from engine.pipeline.code.faults import CodeFault, CodeFaults
from engine.pipeline.code.program import Kind, Program, compile_code

__all__ = ["CodeFault", "CodeFaults", "Kind", "Program", "compile_code"]
