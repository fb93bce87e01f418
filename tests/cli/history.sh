. "$(dirname "$0")/../lib.sh"
# SPDX-License-Identifier: MIT
# What a tool notes of itself: the wish in whole names, however it was spelt,
# and nothing of how it was fulfilled.
ssl-synth -q --train 20 --test 10 "my set" || exit 1

ssl-decode --batch 8 --shuffle --seed 3 "my set/train" >a.tz
is "$(ssl-show --replay a.tz)" \
    "ssl-decode --shuffle --batch 8 --seed 3 'my set/train'" \
    "options in the table's order, operands last"
ssl-decode -s3 -rb8 "my set/train" >b.tz
same a.tz b.tz "letters or names, the same bytes"
ssl-decode --seed=3 --shuffle --batch=8 -j 3 -q -o c.tz -- "my set/train"
same a.tz c.tz "threads, output and how much is said leave no trace"
ssl-decode --level 19 --seed 3 --shuffle --batch 8 "my set/train" >d.tz
is "$(ssl-show --digest d.tz)" "$(ssl-show --digest a.tz)" \
    "another level, the same records"
is "$(ssl-show --history d.tz)" "$(ssl-show --history a.tz)" \
    "and the same history"
ssl-decode --shuffle --batch 8 --seed 3 "my set/train" | cat >e.tz
is "$(ssl-show --digest e.tz)" "$(ssl-show --digest a.tz)" \
    "through a pipe, the same records"

# The replayed pipeline makes the same file.
eval "$(ssl-show --replay a.tz)" >f.tz
same a.tz f.tz "--replay makes the stream again"

# A tool that reads a stream adds itself; where it read it leaves no trace.
ssl-decode "my set/train" | ssl-show --replay >piped
ssl-decode "my set/train" >g.tz
is "$(ssl-show --replay g.tz)" "$(cat piped)" "a file or a pipe"
ssl-decode -- -dash >h.tz 2>/dev/null
is "$?" 1 "an operand that begins with - and does not exist"
mv "my set/train" ./-dash
ssl-decode -- -dash >h.tz
is "$(ssl-show --replay h.tz)" "ssl-decode -- -dash" "… and one that does"

# A pipe of that run is not there any more.
cat >"my list" <<END
$(find ./-dash -name '*.jpg' | LC_ALL=C sort | head -n 2)
END
ssl-decode @<(cat "my list") >i.tz
ok "a command that read a pipe" bash -c "ssl-show --replay i.tz >said"
like "$(cat .err)" "*ssl-decode read @/dev/fd/[0-9]*, a pipe of that run: put what \
was in it in its place*" "… brings a remark"
like "$(cat said)" "# the next command read a pipe of its run: *
ssl-decode @/dev/fd/[0-9]*" "… and a comment before it"
is "$(ssl-show -q --replay i.tz 2>&1)" "$(cat said)" "… -q hides the remark alone"
