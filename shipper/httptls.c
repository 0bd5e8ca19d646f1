/*
 * httptls.c
 *	  Keys and certificates of a server, out of PEM and PKCS #12.
 *
 * Everything is read, decrypted and matched at the start, and comes out as PEM:
 * libmicrohttpd would take a wrong key without a word, and fail each handshake.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "httptls.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

#include "conf_list.h"
#include "log.h"
#include "mem.h"
#include "secret.h"

#define LOG_MODULE "http"

/* ---- stores ----------------------------------------------------------------------- */

/* What a store has; key is NULL where there is none. */
typedef struct Store
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t *certs;
	unsigned	ncerts;
} Store;

typedef enum StoreKind
{
	STORE_PEM, STORE_PKCS12, STORE_JKS, STORE_OTHER
} StoreKind;

static void
free_certs(gnutls_x509_crt_t *certs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(certs[i]);
	gnutls_free(certs);
}

static void
store_close(Store *store)
{
	gnutls_x509_privkey_deinit(store->key);
	free_certs(store->certs, store->ncerts);
	memset(store, 0, sizeof(*store));
}

static StoreKind
kind_of(const gnutls_datum_t *data)
{
	static const unsigned char magics[][4] = {{0xFE, 0xED, 0xFE, 0xED}, {0xCE, 0xCE, 0xCE, 0xCE}};
	static const char pem[] = "-----BEGIN ";

	if (memmem(data->data, data->size, pem, strlen(pem)) != NULL)
		return STORE_PEM;
	for (int i = 0; i < 2; i++)
		if (data->size > 4 && memcmp(data->data, magics[i], 4) == 0)
			return STORE_JKS;
	return data->size > 0 && data->data[0] == 0x30 ? STORE_PKCS12 : STORE_OTHER;
}

static int
parse_pem(Store *store, const gnutls_datum_t *data, const char *password, bool with_key)
{
	int			code = gnutls_x509_crt_list_import2(&store->certs, &store->ncerts, data, GNUTLS_X509_FMT_PEM, 0);

	if (code < 0)
		store->ncerts = 0;
	if (code < 0 || !with_key || (code = gnutls_x509_privkey_init(&store->key)) < 0)
		return code;
	return gnutls_x509_privkey_import2(store->key, data, GNUTLS_X509_FMT_PEM, password, 0);
}

static void
add_cert(Store *store, const gnutls_datum_t *der)
{
	gnutls_x509_crt_t cert;

	if (gnutls_x509_crt_init(&cert) < 0)
		return;
	if (gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER) < 0)
	{
		gnutls_x509_crt_deinit(cert);
		return;
	}
	store->certs = gnutls_realloc(store->certs, (store->ncerts + 1) * sizeof(cert));
	if (store->certs == NULL)
		mem_exhausted();
	store->certs[store->ncerts++] = cert;
}

/* The certificates of one bag, which a password may lock. */
static int
take_bag(Store *store, gnutls_pkcs12_bag_t bag, const char *password)
{
	int			n = gnutls_pkcs12_bag_get_count(bag);
	int			code = 0;

	if (n > 0 && gnutls_pkcs12_bag_get_type(bag, 0) == GNUTLS_BAG_ENCRYPTED)
	{
		code = gnutls_pkcs12_bag_decrypt(bag, password);
		n = code < 0 ? 0 : gnutls_pkcs12_bag_get_count(bag);
	}
	for (int i = 0; i < n; i++)
	{
		gnutls_datum_t data;

		if (gnutls_pkcs12_bag_get_type(bag, i) == GNUTLS_BAG_CERTIFICATE &&
			gnutls_pkcs12_bag_get_data(bag, i, &data) >= 0)
			add_cert(store, &data);
	}
	return code;
}

/* All certificates; gnutls_pkcs12_simple_parse() has none to give without a key. */
static int
take_bags(Store *store, gnutls_pkcs12_t p12, const char *password)
{
	for (int i = 0;; i++)
	{
		gnutls_pkcs12_bag_t bag;
		int			code = gnutls_pkcs12_bag_init(&bag);

		if (code < 0)
			return code;
		code = gnutls_pkcs12_get_bag(p12, i, bag);
		if (code >= 0)
			code = take_bag(store, bag, password);
		gnutls_pkcs12_bag_deinit(bag);
		if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return 0;
		if (code < 0)
			return code;
	}
}

static int
parse_pkcs12(Store *store, const gnutls_datum_t *data, const char *password, bool with_key)
{
	gnutls_pkcs12_t p12;
	int			code = gnutls_pkcs12_init(&p12);

	if (code < 0)
		return code;
	if (password == NULL)
		password = "";
	if ((code = gnutls_pkcs12_import(p12, data, GNUTLS_X509_FMT_DER, 0)) >= 0 &&
		(code = gnutls_pkcs12_verify_mac(p12, password)) >= 0)
		code = with_key ?
			gnutls_pkcs12_simple_parse(p12, password, &store->key, &store->certs, &store->ncerts,
									   NULL, NULL, NULL, 0) :
			take_bags(store, p12, password);
	gnutls_pkcs12_deinit(p12);
	return code;
}

/* what is "ssl.keystore" or "ssl.truststore", name what messages call it by. */
static bool
parse(Store *store, const gnutls_datum_t *data, const char *what, const char *name,
	  const char *password, Err *err)
{
	bool		with_key = strcmp(what, "ssl.keystore") == 0;
	StoreKind	kind = kind_of(data);
	int			code;

	if (kind == STORE_JKS)
		return err_set(err, ERR_CONFIG, "%s: %s is a store in Java's own format; convert it by keytool -importkeystore -srckeystore %s -destkeystore %s.p12 -deststoretype PKCS12, and name that file",
					   what, name, name, name);
	if (kind == STORE_OTHER)
		return err_set(err, ERR_CONFIG, "%s: %s is neither PEM nor PKCS #12", what, name);
	code = kind == STORE_PEM ? parse_pem(store, data, password, with_key) : parse_pkcs12(store, data, password, with_key);
	if (code < 0)
		return err_set(err, ERR_CONFIG, "%s: could not read %s: %s; check the file%s", what, name, gnutls_strerror(code),
					   password ? " and its password" : ", and set its password if it has one");
	if (store->ncerts == 0)
		return err_set(err, ERR_CONFIG, "%s: %s holds no certificate%s; add it", what, name, with_key ? " for its key" : "");
	return true;
}

/* ---- settings ------------------------------------------------------------------------ */

static const char *
get(const Conf *settings, const char *store, const char *setting)
{
	char	   *name = mem_print("%s.%s", store, setting);
	const char *value = conf_is_set(settings, name) ? conf_get(settings, name) : NULL;

	free(name);
	return value;
}

static bool
read_file(Store *store, const char *what, const char *path, const char *password, Err *err)
{
	gnutls_datum_t data;
	int			code = gnutls_load_file(path, &data);
	char	   *name = mem_print("\"%s\"", path);
	bool		ok;

	if (code < 0)
		ok = err_set(err, ERR_CONFIG, "%s.location: could not read %s: %s; give the path of a file that this user may read",
					 what, name, gnutls_strerror(code));
	else
	{
		ok = parse(store, &data, what, name, password, err);
		gnutls_memset(data.data, 0, data.size);
		gnutls_free(data.data);
	}
	free(name);
	return ok;
}

/* PEM that stands in the settings themselves. */
static bool
read_text(Store *store, const char *what, const char *first, const char *second,
		  const char *password, Err *err)
{
	char	   *text = mem_print("%s\n%s", first, second);
	gnutls_datum_t data = {(unsigned char *) text, (unsigned) strlen(text)};
	bool		ok = parse(store, &data, what, "what is set", password, err);

	secret_wipe(text);
	free(text);
	return ok;
}

static bool
open_keystore(Store *store, const Conf *settings, Err *err)
{
	const char *location = get(settings, "ssl.keystore", "location");
	const char *key = get(settings, "ssl.keystore", "key");
	const char *chain = get(settings, "ssl.keystore", "certificate.chain");
	const char *password = get(settings, "ssl.key", "password");

	if (password == NULL || (location != NULL && get(settings, "ssl.keystore", "password") != NULL))
		password = get(settings, "ssl.keystore", "password");
	if (location != NULL)
		return read_file(store, "ssl.keystore", location, password, err);
	if (key != NULL && chain != NULL)
		return read_text(store, "ssl.keystore", key, chain, password, err);
	return err_set(err, ERR_CONFIG, "an https listener needs a key and its certificate; set listeners.https.ssl.keystore.location to a file with both (PEM or PKCS #12), or ssl.keystore.key and ssl.keystore.certificate.chain");
}

static bool
open_truststore(Store *store, const Conf *settings, Err *err)
{
	const char *location = get(settings, "ssl.truststore", "location");
	const char *certs = get(settings, "ssl.truststore", "certificates");

	if (location != NULL)
		return read_file(store, "ssl.truststore", location, get(settings, "ssl.truststore", "password"), err);
	if (certs != NULL)
		return read_text(store, "ssl.truststore", certs, "", NULL, err);
	return err_set(err, ERR_CONFIG, "ssl.client.auth=%s needs to know whom to trust; set ssl.truststore.location to a file with the certificates of authorities (PEM or PKCS #12)",
				   conf_get(settings, "ssl.client.auth"));
}

/* ---- the whole ------------------------------------------------------------------------ */

/* Certificates as one text of PEM, the caller's; NULL when one cannot be written. */
static char *
pem_of(const Store *store)
{
	char	   *text = mem_copy("");

	for (unsigned i = 0; i < store->ncerts; i++)
	{
		gnutls_datum_t pem;
		char	   *longer;

		if (gnutls_x509_crt_export2(store->certs[i], GNUTLS_X509_FMT_PEM, &pem) < 0)
		{
			free(text);
			return NULL;
		}
		longer = mem_print("%s%.*s", text, (int) pem.size, (const char *) pem.data);
		gnutls_free(pem.data);
		free(text);
		text = longer;
	}
	return text;
}

static bool
key_matches(const Store *store)
{
	unsigned char of_key[64],
				of_cert[64];
	size_t		nkey = sizeof(of_key),
				ncert = sizeof(of_cert);

	return gnutls_x509_privkey_get_key_id(store->key, 0, of_key, &nkey) >= 0 &&
		gnutls_x509_crt_get_key_id(store->certs[0], 0, of_cert, &ncert) >= 0 &&
		nkey == ncert && memcmp(of_key, of_cert, nkey) == 0;
}

/* The key as PEM, which is wiped wherever else it stood. */
static char *
pem_of_key(const Store *store)
{
	gnutls_datum_t pem;
	char	   *text;

	if (gnutls_x509_privkey_export2_pkcs8(store->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) < 0)
		return NULL;
	text = mem_copy_len((const char *) pem.data, pem.size);
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	return text;
}

static bool
take_key(HttpTls *tls, const Conf *settings, Err *err)
{
	Store		store = {0};
	bool		ok = open_keystore(&store, settings, err);

	if (ok && (store.key == NULL || !key_matches(&store)))
		ok = err_set(err, ERR_CONFIG, "ssl.keystore: the %s; put the key's certificate first, then those of its issuers",
					 store.key == NULL ? "store has no key" : "first certificate is not that of the key");
	if (ok && ((tls->key = pem_of_key(&store)) == NULL || (tls->chain = pem_of(&store)) == NULL))
		ok = err_set(err, ERR_CONFIG, "ssl.keystore: its key cannot be used for a server");
	store_close(&store);
	return ok;
}

static bool
take_trusted(HttpTls *tls, const Conf *settings, Err *err)
{
	static const char *const words[] = {"none", "requested", "required"};
	const char *wanted = get(settings, "ssl.client", "auth");
	Store		store = {0};
	int			i = 0;
	bool		ok;

	while (wanted != NULL && i <= HTTP_CLIENT_REQUIRED && strcasecmp(wanted, words[i]) != 0)
		i++;
	if (i > HTTP_CLIENT_REQUIRED)
		return err_set(err, ERR_CONFIG, "bad value \"%s\" for ssl.client.auth; it takes none, requested or required", wanted);
	tls->client = (HttpClientAuth) i;
	if (tls->client == HTTP_CLIENT_NONE)
		return true;
	ok = open_truststore(&store, settings, err);
	if (ok && (tls->trusted = pem_of(&store)) == NULL)
		ok = err_set(err, ERR_CONFIG, "ssl.truststore: its certificates cannot be used");
	store_close(&store);
	return ok;
}

/* Nothing older than TLS 1.2, whatever is asked for. */
static bool
take_protocols(HttpTls *tls, const Conf *settings, Err *err)
{
	const char *list = get(settings, "ssl.enabled", "protocols");
	bool		v12 = list == NULL || conf_list_has(list, "TLSv1.2");
	bool		v13 = list == NULL || conf_list_has(list, "TLSv1.3");

	if (!v12 && !v13)
		return err_set(err, ERR_CONFIG, "ssl.enabled.protocols=%s has neither TLSv1.2 nor TLSv1.3; nothing older is spoken", list);
	tls->priorities = v12 && v13 ? "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" :
		v12 ? "NORMAL:-VERS-ALL:+VERS-TLS1.2" : "NORMAL:-VERS-ALL:+VERS-TLS1.3";
	if (get(settings, "ssl.cipher", "suites") != NULL)
		log_warn("ssl.cipher.suites has no effect: the cipher suites are those that GnuTLS calls NORMAL");
	return true;
}

HttpTls *
httptls_read(const Conf *settings, Err *err)
{
	HttpTls    *tls = mem_zero(sizeof(HttpTls));

	if (take_protocols(tls, settings, err) && take_key(tls, settings, err) && take_trusted(tls, settings, err))
		return tls;
	httptls_free(tls);
	return NULL;
}

void
httptls_free(HttpTls *tls)
{
	if (tls == NULL)
		return;
	secret_wipe(tls->key);
	free(tls->key);
	free(tls->chain);
	free(tls->trusted);
	free(tls);
}
