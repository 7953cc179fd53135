# Timing constraints of @TOP@, for synthesis, place and route, and static timing analysis.
# Times are in ns. A tool may set the period by CLOCK_PERIOD in its environment; LibreLane does.

set period @PERIOD@
if {[info exists ::env(CLOCK_PERIOD)]} { set period $::env(CLOCK_PERIOD) }
create_clock -name clk -period $period [get_ports clk]

# Digital pins: @OUTSIDE@ of a cycle passes outside, until an input has settled and once an output has
# left.
set outside [expr {@OUTSIDE@ * $period}]
set_input_delay $outside -clock clk [get_ports @INPUTS@]
@RESET@
set_output_delay $outside -clock clk [get_ports @OUTPUTS@]

# Analog pins leave a flip-flop or enter one, for which @INSIDE@ of a cycle is enough. All else of the
# times that the design gives, in cycles, is left to the analog side:
@BUDGET@
set analog [expr {@ANALOG@ * $period}]
set_output_delay $analog -clock clk [get_ports @CONTROLS@]
set_input_delay $analog -clock clk [get_ports @COMPARE@]
@ASYNCHRONOUS@

# What LibreLane's configuration asks for besides, in its steps only.
if {[info exists ::env(SYNTH_DRIVING_CELL)]} {
  lassign [split $::env(SYNTH_DRIVING_CELL) /] cell pin
  set_driving_cell -lib_cell $cell -pin $pin [all_inputs]
  set_load [expr {$::env(OUTPUT_CAP_LOAD) / 1000.0}] [all_outputs]
  set_max_fanout $::env(MAX_FANOUT_CONSTRAINT) [current_design]
  if {[info exists ::env(MAX_TRANSITION_CONSTRAINT)]} {
    set_max_transition $::env(MAX_TRANSITION_CONSTRAINT) [current_design]
  }
  set_clock_uncertainty $::env(CLOCK_UNCERTAINTY_CONSTRAINT) [get_clocks clk]
  set_clock_transition $::env(CLOCK_TRANSITION_CONSTRAINT) [get_clocks clk]
  set derate [expr {$::env(TIME_DERATING_CONSTRAINT) / 100.0}]
  set_timing_derate -early [expr {1 - $derate}]
  set_timing_derate -late [expr {1 + $derate}]
  if {![info exists ::env(OPENLANE_SDC_IDEAL_CLOCKS)] || !$::env(OPENLANE_SDC_IDEAL_CLOCKS)} {
    set_propagated_clock [all_clocks]
  }
}
