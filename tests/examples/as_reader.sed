# SPDX-License-Identifier: Apache-2.0
#
# Puts what a reader would have in place of the words of README.md and docs/, and makes windows shorter.
s/ +#.*//
s/^sudo //
# Commands that are only mentioned.
s/^taskcost (run|record|attach|top|export|report|compare|diff|estimate|verify)$/taskcost help \1/
s/^taskcost help COMMAND$/taskcost help run/
s/ COMMAND$/ true/
s/ PID/ "$target"/
s/^(taskcost attach "\$target")$/\1 -d 10/
s/ -d 10/ -d 0.5/
s/ --from 300ms --to 400ms/ --from 30ms --to 60ms/
s/--cgroup \/system.slice\/docker-ID.scope/-a/
s/--json-schema NAME/--json-schema diff/
s/'A' 'B'/true 'sleep 0.01'/
s/ -- A$/ -- true/
s/'rg foo'/'grep -rF foo .'/
s/^taskcost compare/& --rounds 5/
s/--measure-overhead/& --repeat 5/
# A recording that goes on until Ctrl-C, and one of a command that is not named.
s/^taskcost record --keep 30s -a$/timeout --preserve-status -s INT 3 &/
s/^taskcost record --keep 30s --when .*/& -- true/
s/\/var\/lib\/node_exporter\///
s/^taskcost export --textfile .*/timeout --preserve-status -s INT 3 &/
