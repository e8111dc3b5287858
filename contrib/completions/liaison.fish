# fish completion for liaison; made by: liaison completion fish
function __liaison_complete
	set -l words (commandline -opc)
	set -l last (commandline -ct)
	set -e words[1]
	for line in (command liaison --complete $words "$last" 2>/dev/null)
		if test "$line" = :files
			__fish_complete_path "$last"
		else
			echo $line
		end
	end
end
complete -c liaison -f -a '(__liaison_complete)'
