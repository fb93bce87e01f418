#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tensors from within a step are what they are called.
. "$(dirname "$0")/../lib.sh"

ssl-synth -q --size 16 --train 48 --test 10 data || exit 1
ssl-decode -q data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 16 -o views.tz

learn() {
	ssl-train -q --stem cifar --width 2 --momentum 0 --weight-decay 0 \
	    --schedule constant "$@"
}
number() {
	ssl-show -t value --record "$2" "$1"
}

ok "lists its tensors" learn -m moco --queue 32 --list-taps views.tz
names=$(cat .out)
like "$names" "*embedding0*activation.encoder.conv1*online.encoder.conv1.weight\
*grad.encoder.conv1.weight*target.encoder.conv1.weight*queue" "by name"
is "$(sort <<<"$names" | uniq -d)" "" "each once"

ok "taps a run" learn -m moco --queue 32 --lr 0.5 --steps 3 --log-every 2 --tap \
    embedding0,activation.projector.2,online.projector.2.bias,grad.projector.2.bias=t.tz \
    -o m.tz views.tz
is "$(ssl-show --json t.tz | grep -o '"step":[0-9]*' | tr '\n' ' ')" \
    '"step":0 "step":0 "step":0 "step":0 "step":2 "step":2 "step":2 "step":2 ' \
    "in every second step"
is "$(number t.tz 0 | tr '\t' '\n')" "$(number t.tz 1 | tr '\t' '\n')" \
    "the projector's last layer is what the loss gets"
ssl-show -t online.projector.2.bias m.tz >after
paste <(number t.tz 6) <(number t.tz 7) after | awk '{
	d = $1 - 0.5 * $2 - $3; if (d < 0) d = -d; if (d > 1e-6) n++ }
	END { exit n > 0 }'
tap_line $? "parameter less rate times gradient is the next parameter"
ok "the same run untapped" learn -m moco --queue 32 --lr 0.5 --steps 3 -o n.tz views.tz
is "$(ssl-show --digest m.tz)" "$(ssl-show --digest n.tz)" "is the same"

ok "taps within" learn -m simclr --steps 1 --tap \
    activation.encoder.bn1,activation.encoder.layer4.1.bn2,activation.projector.0=t.tz \
    -o x.tz views.tz
like "$(ssl-show -r t.tz)" "*bn1*[[]32,16,16,2]*bn2*[[]32,2,2,16]*projector.0*\
[[]32,1,1,16]*" "shapes of both views' layers"
ok "a ReLU leaves nothing below 0" awk '{ for (i = 1; i <= NF; i++)
	if ($i < 0) exit 1 }' <(number t.tz 0)
is "$(number t.tz 1 | grep -c .)" 128 "every pixel has its row"

fails 2 "an unknown tensor" learn --tap online.fc.weight=t.tz -o x.tz views.tz
like "$(cat .err)" "*--list-taps*" "says where to look"
fails 2 "no file" learn --tap embedding0 -o x.tz views.tz
