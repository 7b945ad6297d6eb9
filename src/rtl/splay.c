/*
 * Splay links: a binary tree that moves to its root what was looked for last. The root's parent is the root
 * itself.
 */
#include "rtl.h"

typedef RTL_SPLAY_LINKS *links;

/* Puts child where the tree has node; child may be NULL, node may be the root. Neither's children change. */
static void put_in_place_of(links node, links child)
{
    links parent = node->Parent;
    if (parent == node) {
        if (child)
            child->Parent = child;
        return;
    }
    if (parent->LeftChild == node)
        parent->LeftChild = child;
    else
        parent->RightChild = child;
    if (child)
        child->Parent = parent;
}

/* The node goes up one level, its parent down. */
static void rotate_up(links node)
{
    links parent = node->Parent, inner;
    put_in_place_of(parent, node);
    if (parent->LeftChild == node) {
        inner = node->RightChild;
        node->RightChild = parent;
        parent->LeftChild = inner;
    } else {
        inner = node->LeftChild;
        node->LeftChild = parent;
        parent->RightChild = inner;
    }
    if (inner)
        inner->Parent = parent;
    parent->Parent = node;
}

PRTL_SPLAY_LINKS rtl_splay(PRTL_SPLAY_LINKS node)
{
    while (!RtlIsRoot(node)) {
        links parent = node->Parent;
        if (!RtlIsRoot(parent))
            rotate_up(RtlIsLeftChild(node) == RtlIsLeftChild(parent) ? parent : node);
        rotate_up(node);
    }
    return node;
}

static links leftmost(links node)
{
    while (node->LeftChild)
        node = node->LeftChild;
    return node;
}

static links rightmost(links node)
{
    while (node->RightChild)
        node = node->RightChild;
    return node;
}

/*
 * Takes the node out; one with two children is first exchanged for its predecessor. Returns what now stands
 * where something is missing: the child that moved up, else the parent; NULL when the tree is empty.
 */
static links take_out(links node)
{
    if (node->LeftChild && node->RightChild) {
        links other = rightmost(node->LeftChild), parent = other->Parent, lower = other->LeftChild;
        put_in_place_of(node, other);
        other->RightChild = node->RightChild;
        other->RightChild->Parent = other;
        if (parent == node) /* the predecessor is the child itself, and keeps its own */
            return other;
        other->LeftChild = node->LeftChild;
        other->LeftChild->Parent = other;
        parent->RightChild = lower;
        if (lower)
            lower->Parent = parent;
        return parent;
    }
    links child = node->LeftChild ? node->LeftChild : node->RightChild, parent = node->Parent;
    put_in_place_of(node, child);
    if (parent != node)
        return parent;
    return child;
}

PRTL_SPLAY_LINKS rtl_splay_delete(PRTL_SPLAY_LINKS node)
{
    links rest = take_out(node);
    return rest ? rtl_splay(rest) : NULL;
}

PRTL_SPLAY_LINKS rtl_splay_next(PRTL_SPLAY_LINKS node)
{
    if (node->RightChild)
        return leftmost(node->RightChild);
    while (RtlIsRightChild(node))
        node = node->Parent;
    return RtlIsLeftChild(node) ? node->Parent : NULL;
}

PRTL_SPLAY_LINKS RtlSplay(PRTL_SPLAY_LINKS Links)
{
    GATE(RtlSplay, Links);
    return rtl_splay(Links);
}

/* Returns the new root, which is what was beside the node; NULL when it was the last. */
PRTL_SPLAY_LINKS RtlDelete(PRTL_SPLAY_LINKS Links)
{
    GATE(RtlDelete, Links);
    return rtl_splay_delete(Links);
}

VOID RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS *Root)
{
    GATE(RtlDeleteNoSplay, Links, Root);
    links rest = take_out(Links);
    while (rest && !RtlIsRoot(rest))
        rest = rest->Parent;
    *Root = rest;
}

PRTL_SPLAY_LINKS RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links)
{
    GATE(RtlSubtreeSuccessor, Links);
    return Links->RightChild ? leftmost(Links->RightChild) : NULL;
}

PRTL_SPLAY_LINKS RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links)
{
    GATE(RtlSubtreePredecessor, Links);
    return Links->LeftChild ? rightmost(Links->LeftChild) : NULL;
}

PRTL_SPLAY_LINKS RtlRealSuccessor(PRTL_SPLAY_LINKS Links)
{
    GATE(RtlRealSuccessor, Links);
    return rtl_splay_next(Links);
}

PRTL_SPLAY_LINKS RtlRealPredecessor(PRTL_SPLAY_LINKS Links)
{
    GATE(RtlRealPredecessor, Links);
    links node = Links;
    if (node->LeftChild)
        return rightmost(node->LeftChild);
    while (RtlIsLeftChild(node))
        node = node->Parent;
    return RtlIsRightChild(node) ? node->Parent : NULL;
}
