/*
 * NtNotifyChangeKey: who waits for changes, and telling them.
 *
 * A watch belongs to a Key object; its first call says what is watched. A change that nobody waits for at the
 * time is remembered, and the next call returns at once. What is to be told is collected under the lock and
 * told by cmp_unlock, when the lock is free.
 */
#include "cmp.h"

#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000
#endif
#define LEGAL_FILTER                                                                                         \
    (REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_LAST_SET |                    \
     REG_NOTIFY_CHANGE_SECURITY | REG_NOTIFY_THREAD_AGNOSTIC)

struct cmp_watch {
    LIST_ENTRY link;
    struct cmp_node *node; /* the key's, which keeps it */
    ULONG filter;
    BOOLEAN tree, changed;
    struct cmp_post *posts;
};

/* One call that waits. An asynchronous one is freed when it has been told, the other by its own thread. */
struct cmp_post {
    PEPROCESS process; /* whose memory the status block is in */
    struct cmp_post *next;
    NTSTATUS status;
    BOOLEAN synchronous;
    KEVENT done;   /* of a synchronous one */
    PKEVENT event; /* referenced; NULL: none */
    PIO_STATUS_BLOCK iosb;
    KPROCESSOR_MODE mode;
    PIO_APC_ROUTINE apc; /* a work item when mode is KernelMode */
    PVOID apc_context;
    PETHREAD thread; /* referenced, when there is an APC for user mode */
};

static void free_post(struct cmp_post *post)
{
    if (post->event)
        ObpDereferenceObject(post->event);
    if (post->thread)
        ObpDereferenceObject(post->thread);
    if (post->process)
        ObpDereferenceObject(post->process);
    free(post);
}

/* --- telling --- */

static VOID NTAPI apc_delivered(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                PVOID *Argument1, PVOID *Argument2)
{
    (void)NormalRoutine, (void)NormalContext, (void)Argument1, (void)Argument2;
    MmFreeSystemPool(Apc);
}

static VOID NTAPI apc_dropped(PRKAPC Apc)
{
    MmFreeSystemPool(Apc);
}

static void queue_apc(struct cmp_post *post)
{
    PKAPC apc = MmAllocateSystemPool(sizeof *apc, CMP_TAG);
    if (!apc)
        return;
    KeInitializeApc(apc, &post->thread->Tcb, OriginalApcEnvironment, apc_delivered, apc_dropped,
                    (PKNORMAL_ROUTINE)(ULONG_PTR)post->apc, UserMode, post->apc_context);
    if (!KeInsertQueueApc(apc, post->iosb, NULL, 0))
        MmFreeSystemPool(apc);
}

static void tell(struct cmp_post *post)
{
    if (post->synchronous) { /* not ours any more once the event is set */
        KeSetEvent(&post->done, IO_NO_INCREMENT, FALSE);
        return;
    }
    IO_STATUS_BLOCK iosb = {.Status = post->status};
    struct ps_visit visit = ps_visit(post->process);
    if (post->iosb)
        MmCopyToMode(post->iosb, &iosb, sizeof iosb, post->mode);
    ps_end_visit(visit);
    if (post->event)
        KeSetEvent(post->event, IO_NO_INCREMENT, FALSE);
    if (post->thread)
        queue_apc(post);
    else if (post->apc)
        ExQueueWorkItem((PWORK_QUEUE_ITEM)(ULONG_PTR)post->apc,
                        (WORK_QUEUE_TYPE)(ULONG_PTR)post->apc_context);
    free_post(post);
}

void cmp_tell(struct cmp_post *post)
{
    while (post) {
        struct cmp_post *next = post->next;
        tell(post);
        post = next;
    }
}

/* --- what happens, under the lock --- */

static void finish(struct cmp_watch *watch, NTSTATUS status)
{
    while (watch->posts) {
        struct cmp_post *post = watch->posts;
        watch->posts = post->next;
        post->status = status;
        post->next = CM->told;
        CM->told = post;
    }
}

static bool concerns(struct cmp_watch *watch, struct cmp_node *node, ULONG filter)
{
    if (!(watch->filter & filter))
        return false;
    if (watch->node == node)
        return true;
    for (node = node->parent; watch->tree && node; node = node->parent)
        if (watch->node == node)
            return true;
    return false;
}

void cmp_report(struct cmp_node *node, ULONG filter)
{
    for (PLIST_ENTRY e = CM->watches.Flink; e != &CM->watches; e = e->Flink) {
        struct cmp_watch *watch = CONTAINING_RECORD(e, struct cmp_watch, link);
        if (!concerns(watch, node, filter))
            continue;
        if (!watch->posts)
            watch->changed = TRUE;
        finish(watch, STATUS_NOTIFY_ENUM_DIR);
    }
}

void cmp_cleanup_watches(struct cmp_node *node)
{
    for (PLIST_ENTRY e = CM->watches.Flink; e != &CM->watches; e = e->Flink) {
        struct cmp_watch *watch = CONTAINING_RECORD(e, struct cmp_watch, link);
        if (watch->node == node)
            finish(watch, STATUS_NOTIFY_CLEANUP);
    }
}

void cmp_drop_watch(struct cmp_key *key)
{
    cmp_lock();
    struct cmp_watch *watch = key->watch;
    key->watch = NULL;
    if (watch) {
        finish(watch, STATUS_NOTIFY_CLEANUP);
        RemoveEntryList(&watch->link);
        free(watch);
    }
    cmp_unlock();
}

/* Whoever waits here is gone. */
void cmp_free_watches(void)
{
    while (!IsListEmpty(&CM->watches)) {
        struct cmp_watch *watch = CONTAINING_RECORD(RemoveHeadList(&CM->watches), struct cmp_watch, link);
        while (watch->posts) {
            struct cmp_post *post = watch->posts;
            watch->posts = post->next;
            if (gate_watched() & WATCH_CRASHED)
                free(post);
            else
                free_post(post);
        }
        free(watch);
    }
}

/* --- the service --- */

static struct cmp_watch *watch_of(struct cmp_key *key, ULONG filter, BOOLEAN tree)
{
    if (key->watch)
        return key->watch;
    struct cmp_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->node = key->node;
    watch->filter = filter;
    watch->tree = tree != FALSE;
    InsertTailList(&CM->watches, &watch->link);
    return key->watch = watch;
}

static NTSTATUS enter(struct cmp_key *key, struct cmp_post *post, ULONG filter, BOOLEAN tree)
{
    NTSTATUS status = cmp_look(key);
    if (!NT_SUCCESS(status))
        return status;
    struct cmp_watch *watch = watch_of(key, filter, tree);
    if (!watch)
        return STATUS_INSUFFICIENT_RESOURCES;
    post->next = watch->posts;
    watch->posts = post;
    if (!watch->changed)
        return STATUS_PENDING;
    watch->changed = FALSE;
    finish(watch, STATUS_NOTIFY_ENUM_DIR);
    return STATUS_SUCCESS;
}

/* True: the post was still waiting, and is nobody's but the caller's now. */
static bool withdraw(struct cmp_key *key, struct cmp_post *post)
{
    bool found = false;
    cmp_lock();
    for (struct cmp_post **link = key->watch ? &key->watch->posts : NULL; link && *link;
         link = &(*link)->next)
        if (*link == post) {
            *link = post->next;
            found = true;
            break;
        }
    cmp_unlock();
    return found;
}

static NTSTATUS wait_for(struct cmp_key *key, struct cmp_post *post, PIO_STATUS_BLOCK iosb,
                         KPROCESSOR_MODE mode)
{
    NTSTATUS status = KeWaitForSingleObject(&post->done, UserRequest, mode, FALSE, NULL);
    if (status != STATUS_SUCCESS) {
        if (withdraw(key, post))
            return status;
        KeWaitForSingleObject(&post->done, Executive, KernelMode, FALSE, NULL);
    }
    IO_STATUS_BLOCK told = {.Status = post->status};
    MmCopyToMode(iosb, &told, sizeof told, mode);
    return post->status;
}

static NTSTATUS new_post(HANDLE event, KPROCESSOR_MODE mode, struct cmp_post **result)
{
    struct cmp_post *post = calloc(1, sizeof *post);
    if (!post)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = STATUS_SUCCESS;
    if (event)
        status = ObReferenceObjectByHandle(event, EVENT_MODIFY_STATE, *ExEventObjectType, mode,
                                           (PVOID *)&post->event, NULL);
    if (!NT_SUCCESS(status)) {
        free(post);
        return status;
    }
    if (post->event)
        KeClearEvent(post->event);
    post->mode = mode;
    ObpReferenceObject(post->process = PspCurrentProcess());
    KeInitializeEvent(&post->done, NotificationEvent, FALSE);
    *result = post;
    return STATUS_SUCCESS;
}

/* What a caller asks for. iosb NULL: nobody wants to know more than the event says. */
struct request {
    HANDLE event;
    PIO_APC_ROUTINE apc;
    PVOID apc_context;
    PIO_STATUS_BLOCK iosb;
    ULONG filter;
    BOOLEAN tree, asynchronous;
};

static NTSTATUS notify(HANDLE handle, const struct request *r, KPROCESSOR_MODE mode)
{
    struct cmp_key *key;
    struct cmp_post *post;
    if (r->filter & ~(ULONG)LEGAL_FILTER)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = cmp_key_of(handle, KEY_NOTIFY, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = new_post(r->event, mode, &post);
    if (!NT_SUCCESS(status))
        goto out;
    post->synchronous = !r->asynchronous;
    post->iosb = r->iosb;
    post->apc = r->apc;
    post->apc_context = r->apc_context;
    if (r->apc && mode != KernelMode && r->asynchronous)
        ObpReferenceObject(post->thread = PspCurrentThread());
    cmp_lock();
    status = enter(key, post, r->filter, r->tree);
    cmp_unlock();
    if (!NT_SUCCESS(status)) {
        free_post(post);
    } else if (!r->asynchronous) {
        status = wait_for(key, post, r->iosb, mode);
        if (post->event)
            KeSetEvent(post->event, IO_NO_INCREMENT, FALSE);
        free_post(post);
    }
out:
    ObpDereferenceObject(key);
    return status;
}

NTSTATUS CmNotifyClient(HANDLE key, HANDLE event, ULONG filter, BOOLEAN tree)
{
    struct request request = {.event = event, .filter = filter, .tree = tree, .asynchronous = TRUE};
    return notify(key, &request, UserMode);
}

/*
 * Waits for a change of the key, or of any below it (WatchTree). Asynchronous: STATUS_PENDING, and Event,
 * IoStatusBlock and ApcRoutine tell; STATUS_SUCCESS when there had been a change since the last call, which
 * is told the same way. The block's status is STATUS_NOTIFY_ENUM_DIR, or STATUS_NOTIFY_CLEANUP when the
 * handle was closed or the key deleted. For a kernel caller ApcRoutine is a WORK_QUEUE_ITEM and ApcContext
 * its queue. Buffer is not used. (WDK: ZwNotifyChangeKey)
 */
SERVICE(NotifyChangeKey,
        (HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
         PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree, PVOID Buffer,
         ULONG BufferSize, BOOLEAN Asynchronous),
        (KeyHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, CompletionFilter, WatchTree, Buffer,
         BufferSize, Asynchronous))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct request request = {.event = Event,
                              .apc = ApcRoutine,
                              .apc_context = ApcContext,
                              .iosb = IoStatusBlock,
                              .filter = CompletionFilter,
                              .tree = WatchTree,
                              .asynchronous = Asynchronous != FALSE};
    (void)Buffer, (void)BufferSize;
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS
                                         : MmProbe(IoStatusBlock, sizeof *IoStatusBlock, sizeof(ULONG), true);
    return NT_SUCCESS(status) ? notify(KeyHandle, &request, mode) : status;
}
