#include <string.h>

#include "complete.h"

/* The completion scripts. They hold no command: they ask `liaison --complete`, which asks the daemon.
 * contrib/completions has the same text for packages; `make check` compares them. */

static const char BASH[] =
	"# bash completion for liaison; made by: liaison completion bash\n"
	"_liaison() {\n"
	"\tlocal line\n"
	"\tCOMPREPLY=()\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tif [ \"$line\" = :files ]; then\n"
	"\t\t\tcompopt -o default 2>/dev/null\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tCOMPREPLY+=(\"${line%%$'\\t'*}\")\n"
	"\tdone < <(\"$1\" --complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
	"}\n"
	"complete -F _liaison liaison\n";

static const char ZSH[] =
	"#compdef liaison\n"
	"# zsh completion for liaison; made by: liaison completion zsh\n"
	"_liaison() {\n"
	"\tlocal line word\n"
	"\tlocal -a found\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tif [[ $line == :files ]]; then\n"
	"\t\t\t_files\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tword=${line%%$'\\t'*}\n"
	"\t\tif [[ $line == *$'\\t'* ]]; then\n"
	"\t\t\tfound+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
	"\t\telse\n"
	"\t\t\tfound+=(\"${word//:/\\\\:}\")\n"
	"\t\tfi\n"
	"\tdone < <(${words[1]} --complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
	"\t(( $#found )) && _describe liaison found\n"
	"}\n"
	"if [ \"$funcstack[1]\" = _liaison ]; then\n"
	"\t_liaison \"$@\"\n"
	"else\n"
	"\tcompdef _liaison liaison\n"
	"fi\n";

static const char FISH[] =
	"# fish completion for liaison; made by: liaison completion fish\n"
	"function __liaison_complete\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l last (commandline -ct)\n"
	"\tset -e words[1]\n"
	"\tfor line in (command liaison --complete $words \"$last\" 2>/dev/null)\n"
	"\t\tif test \"$line\" = :files\n"
	"\t\t\t__fish_complete_path \"$last\"\n"
	"\t\telse\n"
	"\t\t\techo $line\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"complete -c liaison -f -a '(__liaison_complete)'\n";

int
complete_script(const char *shell, const char **out, struct err *err)
{
	if (shell == NULL)
		return fail(err, ERR_USAGE, "completion needs a shell: bash, zsh or fish");
	if (strcmp(shell, "bash") == 0)
		*out = BASH;
	else if (strcmp(shell, "zsh") == 0)
		*out = ZSH;
	else if (strcmp(shell, "fish") == 0)
		*out = FISH;
	else
		return fail(err, ERR_USAGE,
			"there is no completion for '%s', but for bash, zsh and fish", shell);
	return 0;
}
