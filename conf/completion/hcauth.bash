# SPDX-License-Identifier: Apache-2.0
# bash completion for hcauth(1). What there is to complete, the command says itself.
_hcauth()
{
	local IFS=$'\n' line
	COMPREPLY=()
	while read -r line; do
		case $line in
		:files)
			compopt -o filenames
			COMPREPLY+=($(compgen -f -- "$2"))
			;;
		*) COMPREPLY+=("${line%%$'\t'*}") ;;
		esac
	done < <(hcauth complete -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$2" 2>/dev/null)
}
complete -F _hcauth hcauth
