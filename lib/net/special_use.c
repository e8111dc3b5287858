#include "liaison/net/special_use.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *word;
	unsigned bit;
} WORDS[] = {
	{ "\\All", IMAP_ALL },
	{ "\\Archive", IMAP_ARCHIVE },
	{ "\\Drafts", IMAP_DRAFTS },
	{ "\\Flagged", IMAP_FLAGGED },
	{ "\\Junk", IMAP_JUNK },
	{ "\\Sent", IMAP_SENT },
	{ "\\Trash", IMAP_TRASH },
	{ "\\Important", IMAP_IMPORTANT },
};

static const struct {
	const char *word;
	unsigned bit;
} OTHER_WORDS[] = {
	{ "\\Noselect", IMAP_NOSELECT },
	{ "\\HasChildren", IMAP_HAS_CHILDREN },
	{ "\\HasNoChildren", IMAP_HAS_NO_CHILDREN },
};

/* What mail programs call these folders, folded; from Thunderbird, Outlook, Apple Mail, Roundcube
 * and the defaults of providers. */
static const struct {
	unsigned bit;
	const char *names[44];
} NAMES[] = {
	{ IMAP_SENT, { "sent", "sent items", "sent messages", "sent mail", "sent-mail", "sentmail",
			     "outbox sent", "gesendet", "gesendete objekte", "gesendete elemente",
			     "gesendete nachrichten", "envoyés", "éléments envoyés",
			     "messages envoyés", "objets envoyés", "enviados", "elementos enviados",
			     "mensajes enviados", "correo enviado", "itens enviados",
			     "mensagens enviadas", "inviata", "posta inviata", "inviati",
			     "verzonden", "verzonden items", "verzonden berichten", "skickat",
			     "skickade objekt", "sendt", "sendte elementer", "sendt post",
			     "lähetetyt", "wysłane", "elementy wysłane", "odeslané",
			     "odeslaná pošta", "odoslané", "elküldött elemek", "отправленные",
			     "已发送", "已发送邮件", "送信済み", "보낸편지함" } },
	{ IMAP_DRAFTS, { "drafts", "draft", "entwürfe", "entwurf", "brouillons", "borradores",
			       "rascunhos", "bozze", "concepten", "utkast", "kladder", "luonnokset",
			       "kopie robocze", "szkice", "koncepty", "rozepsané", "piszkozatok",
			       "черновики", "草稿", "草稿箱", "下書き", "임시보관함" } },
	{ IMAP_TRASH, { "trash", "deleted items", "deleted messages", "deleted", "bin",
			      "papierkorb", "gelöschte objekte", "gelöschte elemente", "corbeille",
			      "éléments supprimés", "papelera", "elementos eliminados", "lixeira",
			      "itens excluídos", "cestino", "posta eliminata", "prullenbak",
			      "verwijderde items", "papperskorgen", "borttaget", "slettet",
			      "slettede elementer", "papirkurv", "roskakori", "kosz",
			      "elementy usunięte", "koš", "odstraněná pošta", "kuka", "корзина",
			      "удаленные", "已删除", "已删除邮件", "ごみ箱", "휴지통" } },
	{ IMAP_JUNK, { "junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail",
			     "bulk", "spamverdacht", "unerwünscht", "junk-e-mail", "indésirables",
			     "courrier indésirable", "pourriel", "correo no deseado",
			     "lixo eletrônico", "posta indesiderata", "ongewenste e-mail",
			     "ongewenst", "skräppost", "søppelpost", "uønsket post", "roskaposti",
			     "niechciane", "wiadomości-śmieci", "nevyžádaná pošta", "levélszemét",
			     "спам", "垃圾邮件", "迷惑メール", "스팸메일함" } },
	{ IMAP_ARCHIVE, { "archive", "archives", "archiv", "archivé", "archivo", "arquivo",
				"archivio", "archief", "arkiv", "arkisto", "archiwum", "archív",
				"архив", "归档", "アーカイブ" } },
};

unsigned
special_use_by_word(const char *word)
{
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
		if (strcasecmp(word, WORDS[i].word) == 0)
			return WORDS[i].bit;
	return 0;
}

static void
put_word(struct text *out, const char *word)
{
	if (out->size > 0)
		text_add_char(out, ' ');
	text_add(out, word);
}

void
special_use_words(unsigned attributes, struct text *out)
{
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
		if (attributes & WORDS[i].bit)
			put_word(out, WORDS[i].word);
	for (size_t i = 0; i < sizeof(OTHER_WORDS) / sizeof(OTHER_WORDS[0]); i++)
		if (attributes & OTHER_WORDS[i].bit)
			put_word(out, OTHER_WORDS[i].word);
}

/* Only a folder at the top, or right under INBOX, is believed by its name: "Projects/Sent" is not. */
static const char *
top_name(const char *name, char delimiter)
{
	const char *last = delimiter ? strrchr(name, delimiter) : NULL;

	if (!last)
		return name;
	if (last - name == 5 && strncasecmp(name, "INBOX", 5) == 0)
		return last + 1;
	if (name[0] == '[' && last > name && last[-1] == ']')
		return last + 1; /* "[Gmail]/Sent Mail" */
	return NULL;
}

unsigned
special_use_by_name(const char *name, char delimiter)
{
	const char *top = top_name(name, delimiter);
	struct arena *arena;
	const char *folded;
	unsigned found = 0;

	if (!top || strlen(top) > 100)
		return 0;
	arena = arena_new();
	folded = text_fold(arena, top);
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]) && !found; i++)
		for (size_t j = 0; j < sizeof(NAMES[i].names) / sizeof(char *); j++)
			if (NAMES[i].names[j] && strcmp(NAMES[i].names[j], folded) == 0)
				found = NAMES[i].bit;
	arena_free(arena);
	return found;
}
