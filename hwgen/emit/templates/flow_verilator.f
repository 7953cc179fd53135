// Verilator, from the folder above this file. As a check, which has nothing to say:
//   verilator -f flow/verilator.f --lint-only
-Wall
--top-module @TOP@
@FILES@
