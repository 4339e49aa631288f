# SPDX-License-Identifier: Apache-2.0
# fish completion for hcauth(1). What there is to complete, the command says itself.
function __hcauth_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    for line in (hcauth complete -- $before[2..-1] "$word" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$word"
        else
            echo $line
        end
    end
end
complete -c hcauth -f -a '(__hcauth_complete)'
