# Power at one activity of all nets with OpenSTA 2.0.17, from this folder:
#   sta -exit power.tcl
# What it prints is vectorless.opensta in power.json; LIBERTY, CLOCK_PERIOD (ns) and ACTIVITY in the
# environment take the place of what hwgen power was given.

proc given {name default} {
  if {[info exists ::env($name)]} { return $::env($name) }
  return $default
}

# Nets have no wires here: neither the library's default ones.
set file [given LIBERTY {@LIBERTY@}]
set library [open $file rb]
if {[string match *.gz $file]} { zlib push gunzip $library }
set copy [file tempfile path .lib]
set wires {^[ \t]*default_wire_load(_selection)?[ \t]*:.*$}
puts $copy [regsub -all -line $wires [read $library] ""]
close $library
close $copy
read_liberty $path
file delete $path

read_verilog @NETLIST@
link_design @TOP@
set_cmd_units -time ns
set inputs {}
foreach port [all_inputs] {
  if {[get_property $port full_name] ne "clk"} { lappend inputs $port }
}
create_clock -name clk -period [given CLOCK_PERIOD @PERIOD@] [get_ports clk]
set_input_delay 0 -clock clk $inputs
set_input_transition 0 $inputs
set_power_activity -global -activity [given ACTIVITY @ACTIVITY@]
report_power -digits 6
