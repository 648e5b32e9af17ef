/* A native plugin that answers noise: what a plugin of every kind would answer, changed at random places, cut, doubled, or
 * with another status. Each answer is allocated and freed as the interface wants it, since a library that lies about memory
 * cannot be guarded against. The number of the call is the seed, so that a run can be had again. */

#include "koderz_plugin.h"

#include <stdlib.h>
#include <string.h>

static uint64_t state = 0x9e3779b97f4a7c15u;
static int calm = 1;

static uint64_t chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static const char *sample(uint32_t operation)
{
    switch (operation) {
    case KODERZ_DESCRIBE:
        return "{\"identity\":{\"name\":\"noise\",\"version\":\"0.1.0\",\"summary\":\"Answers noise.\"},"
               "\"interfaces\":[\"suite\",\"summary\",\"planner\",\"reference\",\"retry\",\"evaluator\"]}";
    case KODERZ_SUITE_SCHEMA:
    case KODERZ_RETRY_SCHEMA:
        return "{\"type\":\"object\"}";
    case KODERZ_SUITE_OPEN:
    case KODERZ_RETRY_OPEN:
    case KODERZ_EVALUATOR_OPEN:
        return "1";
    case KODERZ_SUITE_DESCRIBE:
        return "{\"stages\":[{\"name\":\"main\",\"pacing\":\"shared\",\"warm_up\":false}],\"metrics\":[{\"name\":\"m\","
               "\"unit\":\"ns\",\"direction\":\"neutral\",\"reductions\":[\"p90\"]}],\"samples\":1,\"languages\":[],"
               "\"slots\":[],\"context_tokens\":null,\"task_count\":1}";
    case KODERZ_SUITE_TASKS:
        return "{\"tasks\":[{\"id\":\"a\",\"stage\":\"main\",\"input\":\"1\",\"labels\":[[\"k\",\"v\"]]}],\"next\":null}";
    case KODERZ_SUITE_NEXT:
        return "{\"finish\":{\"grade\":{\"partial\":0.5},\"metrics\":[{\"name\":\"m\",\"value\":1e308}],\"reason\":\"\\u23f3\","
               "\"labels\":[]}}";
    case KODERZ_SUITE_SUMMARIZE:
        return "[{\"name\":\"f\",\"unit\":\"1\",\"value\":-0.0,\"interval\":[1.0,2.0],\"note\":\"\"}]";
    case KODERZ_SUITE_NEXT_STAGE:
        return "{\"stage\":{\"name\":\"s\",\"pacing\":{\"open\":{\"per_second\":1.5,\"burstiness\":1.0}},\"warm_up\":true},"
               "\"tasks\":[]}";
    case KODERZ_SUITE_ANSWER:
    case KODERZ_EVALUATOR_CALL:
        return "\"an answer\"";
    case KODERZ_RETRY_DECIDE:
        return "{\"retry\":18446744073709551615}";
    case KODERZ_EVALUATOR_LANGUAGES:
        return "[\"x\"]";
    case KODERZ_EVALUATOR_JUDGE:
        return "{\"failed\":\"why\"}";
    default:
        return "null";
    }
}

/* Changes some bytes, and sometimes the length. There is room for twice as many. */
static size_t disturb(uint8_t *bytes, size_t length, size_t room)
{
    uint64_t times = chance() % 5;
    while (times-- > 0 && length > 0) {
        size_t at = (size_t)(chance() % length);
        switch (chance() % 7) {
        case 0:
            bytes[at] ^= (uint8_t)(1u << (chance() % 8));
            break;
        case 1:
            bytes[at] = (uint8_t)chance();
            break;
        case 2:
            length = at;
            break;
        case 3: {
            size_t more = length - at;
            if (length + more <= room) {
                memmove(bytes + length, bytes + at, more);
                length += more;
            }
            break;
        }
        case 4:
            bytes[at] = (uint8_t)"{}[]\",:0-9.eE\\"[chance() % 14];
            break;
        case 5:
            memmove(bytes + at, bytes + at + 1, length - at - 1);
            length -= 1;
            break;
        default:
            memset(bytes + at, '[', length - at);
            break;
        }
    }
    return length;
}

static uint32_t call(void *context, uint64_t handle, uint32_t operation, const uint8_t *input, size_t length,
                     koderz_bytes *answer)
{
    const char *text = sample(operation);
    size_t size = strlen(text);
    size_t room = 2 * size + 1;
    int still = calm;
    (void)context;
    (void)handle;
    (void)input;
    (void)length;
    answer->length = 0;
    answer->data = malloc(room);
    if (answer->data == NULL) {
        return KODERZ_FAILED;
    }
    memcpy(answer->data, text, size);
    /* It has to be loaded and opened before it can be noisy. */
    if (operation == KODERZ_EVALUATOR_LANGUAGES) {
        calm = 0;
    }
    if (still) {
        answer->length = size;
        return KODERZ_ANSWERED;
    }
    answer->length = disturb(answer->data, size, room);
    return chance() % 8 == 0 ? (uint32_t)(chance() % 6) : KODERZ_ANSWERED;
}

static void release(koderz_bytes bytes)
{
    free(bytes.data);
}

const koderz_plugin *koderz_plugin_v1(const koderz_host *host)
{
    static const koderz_plugin plugin = {sizeof plugin, KODERZ_ABI, call, release};
    return host->abi == KODERZ_ABI ? &plugin : NULL;
}
