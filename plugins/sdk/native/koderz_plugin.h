/*
 * The native interface of Koderz plugins, version 1: what a plugin that is a shared library exports, and what the host
 * offers it. `koderz_api::native` says the same in Rust, with a table of the operations.
 *
 * A library exports one function, koderz_plugin_v1. Afterwards only bytes cross: an operation has an argument and an
 * answer, both JSON texts in UTF-8 without a byte at the end that is no part of them.
 *
 * Rules
 *   - Whoever allocated bytes frees them: answers of `call` go to the plugin's `free`, and once.
 *   - Nothing may unwind or jump across this border. A plugin that fails answers KODERZ_FAILED with words.
 *   - Calls come from several threads, though never two at once with the same handle.
 *   - A `context` and all that an argument points to are valid during the call that they came with, and on its thread.
 *   - A library is never unloaded, so it may keep what it likes in static memory. Calls have to be pure all the same:
 *     equal arguments, equal answers.
 */
#ifndef KODERZ_PLUGIN_H
#define KODERZ_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KODERZ_ABI 1u

/* What a call comes to. */
enum koderz_status {
    KODERZ_ANSWERED = 0, /* the bytes are the answer */
    KODERZ_REFUSED = 1,  /* the bytes are the error that the contract lets this call have, in words */
    KODERZ_FAILED = 2,   /* the bytes say what went wrong */
    KODERZ_UNKNOWN = 3   /* there is no such operation here */
};

/* What a read of granted data comes to. */
enum koderz_read {
    KODERZ_READ = 0,
    KODERZ_NOT_GRANTED = 1,
    KODERZ_OUT_OF_RANGE = 2, /* or more than 1 MiB at once */
    KODERZ_UNREADABLE = 3
};

/*
 * Operations. Those with a handle are about what an operation OPEN answered, which CLOSE forgets.
 * An argument that is not named is `null`.
 */
enum koderz_operation {
    KODERZ_DESCRIBE = 0, /* -> {"identity": {"name", "version", "summary"}, "interfaces": ["retry", ...]} */
    KODERZ_CLOSE = 1,

    KODERZ_SUITE_SCHEMA = 16,     /* -> a JSON Schema */
    KODERZ_SUITE_OPEN = 17,       /* settings -> a handle, a number from 1 on */
    KODERZ_SUITE_DESCRIBE = 18,
    KODERZ_SUITE_TASKS = 19,      /* a cursor or null */
    KODERZ_SUITE_NEXT = 20,       /* [trial, history] */
    KODERZ_SUITE_SUMMARIZE = 21,  /* [graded, ...], of the interface `summary` */
    KODERZ_SUITE_NEXT_STAGE = 22, /* [graded, ...] -> a plan or null, of the interface `planner` */
    KODERZ_SUITE_ANSWER = 23,     /* a task -> a text or null, of the interface `reference` */

    KODERZ_RETRY_SCHEMA = 32,
    KODERZ_RETRY_OPEN = 33,
    KODERZ_RETRY_DECIDE = 34, /* an attempt -> {"retry": nanoseconds}, "wait-until-ready" or {"give-up": reason} */

    KODERZ_EVALUATOR_LANGUAGES = 48,
    KODERZ_EVALUATOR_OPEN = 49,
    KODERZ_EVALUATOR_RUN = 50,  /* a source */
    KODERZ_EVALUATOR_LOAD = 51, /* a source */
    KODERZ_EVALUATOR_CALL = 52, /* [entry point, input] -> a text */
    KODERZ_EVALUATOR_JUDGE = 53 /* [source, [entry point, ...]] -> null, {"failed": why} or {"broken": why} */
};

/* Bytes that belong to whoever allocated them. */
typedef struct koderz_bytes {
    uint8_t *data;
    size_t length;
} koderz_bytes;

/* What the host offers, during a call alone. */
typedef struct koderz_host {
    uint32_t size; /* of this structure; a later host may have more at its end */
    uint32_t abi;  /* KODERZ_ABI */
    /* 0 is trace, 1 debug, 2 information, 3 a warning, 4 an error. */
    void (*log)(void *context, uint32_t level, const uint8_t *text, size_t length);
    uint32_t (*data_length)(void *context, const uint8_t *name, size_t name_length, uint64_t *length);
    uint32_t (*data_read)(void *context, const uint8_t *name, size_t name_length, uint64_t offset, uint8_t *buffer,
                          uint32_t count);
    /* For evaluators: stream 1 is standard output, 2 standard error; 0 means that no more may be written. */
    uint32_t (*program_write)(void *context, uint32_t stream, const uint8_t *bytes, size_t length);
    /* Bytes that were put into the buffer; 0 at the end of the program's standard input. */
    size_t (*program_read)(void *context, uint8_t *buffer, size_t length);
    /* A judge's call of its subject. After KODERZ_FAILED the judge has to end. The answer goes to `free` here. */
    uint32_t (*subject)(void *context, const uint8_t *entry_point, size_t entry_point_length, const uint8_t *input,
                        size_t input_length, koderz_bytes *answer);
    void (*free)(koderz_bytes bytes);
} koderz_host;

/* What a plugin offers. It has to live as long as the process. */
typedef struct koderz_plugin {
    uint32_t size; /* of this structure */
    uint32_t abi;  /* KODERZ_ABI */
    uint32_t (*call)(void *context, uint64_t handle, uint32_t operation, const uint8_t *input, size_t length,
                     koderz_bytes *answer);
    void (*free)(koderz_bytes bytes);
} koderz_plugin;

/* The one symbol of a library. NULL where it does not want this host. */
const koderz_plugin *koderz_plugin_v1(const koderz_host *host);

#ifdef __cplusplus
}
#endif

#endif
