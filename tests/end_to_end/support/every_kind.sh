#!/bin/sh
# Writes every kind of record that a run may write, and some output, always the same. Takes the
# number of steps (50) and the seconds to wait after each (0): run it with `tui run -- sh …`.
steps=${1:-50}
pause=${2:-0}

say() { printf '%s\n' "$1" >>"$POD_EVENTS"; }
wait_a_little() { [ "$pause" = 0 ] || sleep "$pause"; }

mkdir -p out
printf 'weights\n' >out/model.bin
printf '<h1>report</h1>\n' >out/report.html

say '{"kind":"activity","activity":"buffered","item":"warm-up"}'
say '{"kind":"step","label":"warm-up"}'
say '{"kind":"log","level":"debug","message":"seed 1234","fields":{"seed":1234,"device":"cpu"}}'
say '{"kind":"log","level":"info","message":"40 samples, 3 classes"}'
say '{"kind":"log","level":"warning","message":"no GPU found"}'
say '{"kind":"log","level":"error","message":"cannot write the cache: read-only"}'
say '{"kind":"activity","activity":"streaming"}'
printf '\033[1;32mready\033[0m\n'
# Two pipes have no order but that of the time.
wait_a_little
printf 'a warning on the other stream\n' >&2
wait_a_little

step=1
while [ "$step" -le "$steps" ]; do
	say "{\"kind\":\"item.started\",\"item\":\"step-$step\",\"label\":\"step $step\"}"
	say "{\"kind\":\"channel\",\"readings\":[{\"name\":\"loss\",\"value\":$((1000 / step))e-3,\"unit\":\"nat\"},{\"name\":\"lr\",\"value\":3e-$((step % 6 + 1))}]}"
	[ $((step % 5)) -ne 0 ] || say "{\"kind\":\"channel\",\"name\":\"temperature\",\"value\":$((40 + step % 7)).5,\"unit\":\"°C\"}"
	[ $((step % 20)) -ne 0 ] || say "{\"kind\":\"channel\",\"name\":\"checkpoints\",\"value\":$((step / 20))}"
	say "{\"kind\":\"table.row\",\"table\":\"sweep\",\"row\":{\"name\":\"step-$step\",\"epochs\":$step,\"loss\":$((1000 / step))e-3,\"lr\":3e-$((step % 6 + 1)),\"best\":null,\"tags\":[\"a\",{\"n\":$step}]}}"
	case $((step % 10)) in
	3) result='"outcome":"failed","detail":"loss is NaN\nat batch 7\nexpected a number"' ;;
	6) result='"outcome":"errored","detail":"out of memory"' ;;
	9) result='"outcome":"skipped","detail":"known to be slow"' ;;
	*) result='"outcome":"passed"' ;;
	esac
	say "{\"kind\":\"item.finished\",\"item\":\"step-$step\",$result,\"duration_ms\":$((step * 137))}"
	say "{\"kind\":\"progress\",\"done\":$step,\"total\":$steps,\"unit\":\"epoch\"}"
	printf '\rstep %s of %s' "$step" "$steps"
	[ $((step % 10)) -ne 0 ] || printf '\n\033[33mten more\033[0m\n'
	wait_a_little
	step=$((step + 1))
done

# The last result of an item counts.
say '{"kind":"item.finished","item":"step-3","outcome":"passed","detail":"the second time","duration_ms":411}'
say '{"kind":"table.row","table":"summary","row":{"metric":"accuracy","value":0.98765,"baseline":0.91}}'
say '{"kind":"table.row","table":"summary","row":{"metric":"parameters","value":12345678,"baseline":null,"note":"later column"}}'
say '{"kind":"model.fitted","parameters":12345678,"nested":{"deep":[1,2.5,null,"x"]}}'
say '{"kind":"solver.custom.event","text":"any kind, any payload"}'
say '{"kind":"artifact","path":"out/model.bin","label":"weights"}'
say '{"kind":"artifact","path":"out/report.html"}'
say '{"kind":"artifact","path":"out/never-written.txt","label":"missing"}'
printf 'done\n'
