# SPDX-License-Identifier: Apache-2.0
#
# complete.zsh DIRECTORY LINE: prints what an interactive zsh offers behind LINE with the completions in DIRECTORY.
export offers=$(mktemp)
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=(${(q)1} \$fpath); autoload -U compinit && compinit -D -u; setopt no_auto_list no_auto_menu
bindkey '^G' kill-whole-line
compadd() {
	local -a offered
	[[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] || { builtin compadd -O offered \"\$@\"; print -rl -- \$offered >>\$offers }
	builtin compadd \"\$@\"
}"
zpty -w -n shell "$2"$'\t'
# Not ^U: before the editor runs, it would erase the line of the terminal.
zpty -w shell $'\C-g''print done >>$offers'
for ((turn = 0; turn < 300; turn++)); do
	[[ $(tail -n 1 $offers) != done ]] || break
	zpty -r -t shell text
	sleep 0.1
done
zpty -d shell
sed '$d' $offers
rm $offers
