# Static timing analysis with OpenSTA, from the folder above this file, after flow/map.ys:
#   sta -exit flow/sta.tcl
# LIBERTY and NETLIST in the environment name other files than cells.lib and netlist.v, CLOCK_PERIOD
# another period (ns) than that of flow/@NAME@.sdc.

proc given {name default} {
  if {[info exists ::env($name)]} { return $::env($name) }
  return $default
}

read_liberty [given LIBERTY cells.lib]

# OpenSTA of 2019, which Debian has, does not know `signed`, and it means nothing to timing.
set netlist [open [given NETLIST netlist.v]]
set copy [file tempfile path .v]
puts $copy [regsub -all {\msigned\M} [read $netlist] ""]
close $netlist
close $copy
read_verilog $path
file delete $path

link_design @TOP@
set_cmd_units -time ns -capacitance pF
read_sdc flow/@NAME@.sdc

# Outputs that are constant count as unconstrained here: read data beyond the widest register, say.
check_setup -verbose
report_checks -path_delay max -format full_clock_expanded
report_checks -path_delay min -format full_clock_expanded
report_worst_slack
