/* A retry policy in C: one second before each of three retries. It shows that a plugin needs no Rust. */

#include "koderz_plugin.h"

#include <stdlib.h>
#include <string.h>

static const koderz_host *host;

/* Answers a text, copied so that `release` can free it whatever it was. */
static uint32_t answer(koderz_bytes *bytes, uint32_t status, const char *text)
{
    bytes->length = strlen(text);
    bytes->data = malloc(bytes->length);
    if (bytes->data == NULL) {
        bytes->length = 0;
        return KODERZ_FAILED;
    }
    memcpy(bytes->data, text, bytes->length);
    return status;
}

/* The number after the first `"number":` of an attempt; it is the first member that the host writes. */
static unsigned long failures(const uint8_t *input, size_t length)
{
    static const char key[] = "\"number\":";
    size_t at;
    for (at = 0; at + sizeof key <= length; at++) {
        if (memcmp(input + at, key, sizeof key - 1) == 0) {
            unsigned long number = 0;
            for (at += sizeof key - 1; at < length && input[at] >= '0' && input[at] <= '9'; at++) {
                number = number * 10 + (unsigned long)(input[at] - '0');
            }
            return number;
        }
    }
    return 0;
}

static uint32_t call(void *context, uint64_t handle, uint32_t operation, const uint8_t *input, size_t length,
                     koderz_bytes *bytes)
{
    static const char said[] = "deciding in C";
    (void)handle;
    bytes->data = NULL;
    bytes->length = 0;
    switch (operation) {
    case KODERZ_DESCRIBE:
        return answer(bytes, KODERZ_ANSWERED,
                      "{\"identity\":{\"name\":\"patient\",\"version\":\"0.1.0\","
                      "\"summary\":\"One second before each of three retries, in C.\"},"
                      "\"interfaces\":[\"retry\"]}");
    case KODERZ_RETRY_SCHEMA:
        return answer(bytes, KODERZ_ANSWERED, "{\"type\":\"object\",\"additionalProperties\":false}");
    case KODERZ_RETRY_OPEN:
        return answer(bytes, KODERZ_ANSWERED, "1");
    case KODERZ_CLOSE:
        return answer(bytes, KODERZ_ANSWERED, "null");
    case KODERZ_RETRY_DECIDE:
        host->log(context, 1, (const uint8_t *)said, sizeof said - 1);
        if (failures(input, length) > 3) {
            return answer(bytes, KODERZ_ANSWERED, "{\"give-up\":\"patience is at its end\"}");
        }
        return answer(bytes, KODERZ_ANSWERED, "{\"retry\":1000000000}");
    default:
        return KODERZ_UNKNOWN;
    }
}

static void release(koderz_bytes bytes)
{
    free(bytes.data);
}

const koderz_plugin *koderz_plugin_v1(const koderz_host *offered)
{
    static const koderz_plugin plugin = {sizeof plugin, KODERZ_ABI, call, release};
    if (offered->abi != KODERZ_ABI || offered->size < sizeof *offered) {
        return NULL;
    }
    host = offered;
    return &plugin;
}
