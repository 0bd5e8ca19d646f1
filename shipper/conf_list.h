/*
 * conf_list.h
 *	  Lists of words, separated by commas, as properties hold them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CONF_LIST_H
#define WALPOST_CONF_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes the next word, without the blanks around it, off *list; false when there
 * is none left.  Empty ones are passed over.
 */
extern bool conf_list_next(const char **list, const char **word, size_t *len);

/* Is the word in the list (NULL: an empty one)?  Case counts. */
extern bool conf_list_has(const char *list, const char *word);

#endif							/* WALPOST_CONF_LIST_H */
