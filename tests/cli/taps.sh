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
like "$names" "*embedding0*logits*activation.encoder.conv1*online.encoder.conv1.weight\
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

# Logits: cosines of the embedding taps, divided by the temperature.  cosines
# TAU OWN QUERIES COLUMNS: the matrix of two files of rows; with OWN = 1 the
# first column is a query with the row of its number, and as many rows as there
# are queries are no columns of their own.
cosines() {
	awk -v tau="$1" -v own="$2" '
	FNR == 1 { file++ }
	{
		sum = 0
		for (i = 1; i <= NF; i++)
			sum += $i * $i
		for (i = 1; i <= NF; i++)
			x[file, FNR, i] = $i / sqrt(sum)
		n[file] = FNR
		p = NF
	}
	function cosine(i, j,	d, sum) {
		for (d = 1; d <= p; d++)
			sum += x[1, i, d] * x[2, j, d]
		return sum / tau
	}
	END {
		for (i = 1; i <= n[1]; i++) {
			line = own ? sprintf("%.9g", cosine(i, i)) : ""
			for (j = own ? n[1] + 1 : 1; j <= n[2]; j++)
				line = line (line == "" ? "" : "\t") \
				    sprintf("%.9g", cosine(i, j))
			print line
		}
	}' "$3" "$4"
}
# near A B: two matrices of one shape, to 1e-5.
near() {
	awk 'FNR == 1 { file++ }
	{ for (i = 1; i <= NF; i++) x[file, FNR, i] = $i; n[file] = FNR
	    m[file] = NF }
	END {
		bad = n[1] == 0 || n[1] != n[2] || m[1] != m[2]
		for (i = 1; i <= n[1]; i++)
			for (j = 1; j <= m[1]; j++) {
				d = x[1, i, j] - x[2, i, j]
				bad += d > 1e-5 || d < -1e-5
			}
		exit bad > 0
	}' "$1" "$2"
}
# softmax_loss HOW LOGITS: the mean over rows of -log softmax at a row's own
# column: the first, the diagonal, or the other view without the diagonal.
softmax_loss() {
	awk -v how="$1" '
	{ for (i = 1; i <= NF; i++) x[NR, i] = $i }
	END {
		for (i = 1; i <= NR; i++) {
			own = how == "first" ? 1 : how == "diagonal" ? i : \
			    (i - 1 + NR / 2) % NR + 1
			all = 0
			for (j = 1; j <= NF; j++)
				if (how != "views" || j != i)
					all += exp(x[i, j] - x[i, own])
			sum += log(all)
		}
		printf "%.5f\n", sum / NR
	}' "$2"
}
# tapped METHOD [OPTION...]: two steps; the second one's tensors $taps and
# logits, each in its file.
tapped() {
	local at=$(($(wc -w <<<"$taps") + 1)) tap

	ok "taps the logits of $1" learn -m "$@" --temperature 0.3 --steps 2 \
	    --log log.tsv -o x.tz --tap "$(tr ' ' , <<<"$taps"),logits=t.tz" \
	    $stream
	for tap in $taps logits; do
		number t.tz $((at++)) >"$tap"
	done
}
is_loss() {
	is "$(softmax_loss "$1" logits)" \
	    "$(printf '%.5f' "$(sed -n 3p log.tsv | cut -f3)")" "$2"
}
ssl-mix -q -o mixed.tz views.tz
ssl-decode -q data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 20 -o twenty.tz
ssl-decode -q --epochs 9 --balance 2x4 data/train |
	ssl-augment -q --recipe cifar-basic --size 16 --batch 8 -o labels.tz
ssl-decode -q data/train |
	ssl-augment -q --recipe "$TESTS/data/three.recipe" --batch 16 -o three.tz

taps='embedding0 embedding1'
stream=twenty.tz		# more rows than are made at a time
tapped simclr
cat embedding0 embedding1 >rows
ok "all rows with all rows" near logits <(cosines 0.3 0 rows rows)
is_loss views "are the loss's, but for the diagonal"
stream='--support labels.tz views.tz'
tapped suncet
cat embedding0 embedding1 >rows
ok "… none of labelled ones" near logits <(cosines 0.3 0 rows rows)
stream=views.tz
tapped npair
ok "view0 with view1" near logits <(cosines 0.3 0 embedding0 embedding1)
is_loss diagonal "are the loss's"
taps='embedding0 embedding1 queue'
tapped moco --queue 32
cat embedding1 queue >columns
ok "view0 with its own key and the queue" \
    near logits <(cosines 0.3 1 embedding0 columns)
is_loss first "are the loss's"
stream=mixed.tz
tapped moco --queue 32
cat embedding1 queue >columns
ok "of mixed records with all keys and the queue" \
    near logits <(cosines 0.3 0 embedding0 columns)
stream=three.tz
tapped clsa --queue 32
cat embedding1 queue >columns
ok "as with clsa" near logits <(cosines 0.3 0 embedding0 columns)
# The last pass is that of view1; embedding0 are the other direction's keys.
stream=views.tz taps='embedding0 activation.projector.2 queue'
tapped moco --queue 32 --symmetric
cat embedding0 queue >columns
ok "the second direction's are view1's" \
    near logits <(cosines 0.3 1 activation.projector.2 columns)
ok "byol has none" sh -c "! ssl-train -q --list-taps views.tz | grep -x logits"
fails 2 "no name" learn -m byol --tap ,embedding0=t.tz -o x.tz views.tz
fails 2 "and says so" learn -m byol --tap logits=t.tz -o x.tz views.tz

fails 2 "an unknown tensor" learn --tap online.fc.weight=t.tz -o x.tz views.tz
like "$(cat .err)" "*--list-taps*" "says where to look"
fails 2 "no file" learn --tap embedding0 -o x.tz views.tz
