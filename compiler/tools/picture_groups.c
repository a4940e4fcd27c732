/* picture_groups.c - see picture.h: the frames of a picture, from the calls of blocks and the dots of their labels. */
#include <string.h>
#include "tools/picture.h"

static PictureGroup *add_group(Arena *arena, Picture *picture, const char *path, const Instance *instance, PictureGroup *parent) {
  PictureGroup *group = ARENA_NEW(arena, PictureGroup);
  *group = (PictureGroup){.path = path, .instance = instance, .parent = parent, .macs = size_of(arena, 0)};
  ARENA_PUSH(arena, picture->groups, picture->group_count, group);
  return group;
}

static PictureGroup *prefix_group(Arena *arena, Picture *picture, const char *path, PictureGroup *parent) {
  for (int i = 0; i < picture->group_count; i++) {
    PictureGroup *group = picture->groups[i];
    if (!group->instance && group->parent == parent && !strcmp(group->path, path)) return group;
  }
  return add_group(arena, picture, path, NULL, parent);
}

/* The path of the nearest frame that has one. */
static const char *path_around(const PictureGroup *group) {
  while (group && !*group->path) group = group->parent;
  return group ? group->path : "";
}

static PictureGroup *group_of_instance(Arena *arena, Picture *picture, const Instance *instance) {
  if (!instance) return NULL;
  for (int i = 0; i < picture->group_count; i++)
    if (picture->groups[i]->instance == instance) return picture->groups[i];
  PictureGroup *parent = group_of_instance(arena, picture, instance->parent);
  const char *around = path_around(parent), *path = instance->path ? instance->path : "";
  size_t known = strlen(around);
  const char *rest = !strncmp(path, around, known) && path[known] == '.' ? path + known + 1 : path;
  for (const char *dot = strchr(rest, '.'); dot; dot = strchr(dot + 1, '.'))
    parent = prefix_group(arena, picture, arena_strndup(arena, path, (size_t)(dot - path)), parent);
  return add_group(arena, picture, path, instance, parent);
}

static bool is_in(const PictureGroup *group, const PictureGroup *frame) {
  while (group && group != frame) group = group->parent;
  return group != NULL;
}

/* Whether no way leads out of the frame and into it again: else it would be its own successor when it is folded. */
static bool is_whole(Arena *arena, const Graph *graph, PictureGroup *const *group_of, const PictureGroup *frame) {
  bool *behind = ARENA_ARRAY(arena, bool, (size_t)graph->node_count + 1); /* outside, after something in the frame */
  for (int i = 0; i < graph->node_count; i++) {
    bool inside = is_in(group_of[i], frame);
    for (int k = 0; k < graph->nodes[i]->input_count; k++) {
      const Node *producer = graph->nodes[i]->inputs[k]->producer;
      if (!producer) continue;
      if (inside && behind[producer->id]) return false;
      if (!inside && (behind[producer->id] || is_in(group_of[producer->id], frame))) behind[i] = true;
    }
  }
  return true;
}

static int children(const Picture *picture, const PictureGroup *frame) {
  int count = 0;
  for (int i = 0; i < picture->group_count; i++) count += picture->groups[i]->parent == frame;
  return count;
}

PictureGroup *framed(PictureGroup *group) {
  while (group && group->dropped) group = group->parent;
  return group;
}

void find_groups(Arena *arena, Picture *picture, const Graph *graph, PictureGroup **group_of) {
  for (int i = 0; i < graph->node_count; i++) group_of[i] = group_of_instance(arena, picture, graph->nodes[i]->instance);
  for (int i = 0; i < picture->group_count; i++) {
    PictureGroup *group = picture->groups[i];
    group->dropped = !group->instance && (children(picture, group) < 2 || !is_whole(arena, graph, group_of, group));
  }
  for (int i = 0; i < picture->group_count; i++) picture->groups[i]->parent = framed(picture->groups[i]->parent);
  for (int i = 0; i < picture->group_count; i++)
    for (const PictureGroup *at = picture->groups[i]->parent; at; at = at->parent) picture->groups[i]->depth++;
  for (int i = 0; i < graph->node_count; i++) {
    const LayerFacts *layer = &picture->facts->layers[i];
    group_of[i] = framed(group_of[i]);
    for (PictureGroup *at = group_of[i]; at; at = at->parent) {
      at->layers++;
      at->parameters += layer->parameters;
      at->macs = size_add(arena, at->macs, layer->macs);
    }
  }
}

/* "tower.conv1" of tower.conv1.weight, if other layers have that, too. */
static const char *shared_path(Arena *arena, const Node *node, const int *users) {
  for (int i = 0; i < node->parameter_count; i++) {
    const Parameter *parameter = node->parameters[i];
    if (!parameter || users[parameter->id] < 2) continue;
    return arena_strndup(arena, parameter->path, strlen(parameter->path) - strlen(parameter->role) - 1);
  }
  return NULL;
}

/* "tower" of tower.conv1, where the layer a_tower.conv1 stands in the frame a_tower; NULL: that is no common end. */
static const char *owner_in(Arena *arena, const PictureGroup *frame, const char *layer, const char *path) {
  size_t known = strlen(frame->path), length = strlen(path);
  if (!known || strncmp(layer, frame->path, known) || layer[known] != '.') return NULL;
  size_t rest = strlen(layer + known);
  return length > rest && !strcmp(path + length - rest, layer + known) ? arena_strndup(arena, path, length - rest) : NULL;
}

const char **find_shared_weights(Arena *arena, const Graph *graph, PictureGroup *const *group_of) {
  const char **shared = ARENA_ARRAY(arena, const char *, (size_t)graph->node_count + 1);
  int *users = ARENA_ARRAY(arena, int, (size_t)graph->parameter_count + 1);
  for (int i = 0; i < graph->node_count; i++)
    for (int k = 0; k < graph->nodes[i]->parameter_count; k++)
      if (graph->nodes[i]->parameters[k]) users[graph->nodes[i]->parameters[k]->id]++;
  for (int i = 0; i < graph->node_count; i++) {
    const char *path = shared_path(arena, graph->nodes[i], users), *owner = NULL;
    PictureGroup *outermost = NULL;
    for (PictureGroup *at = path ? group_of[i] : NULL; at; at = at->parent) {
      const char *found = owner_in(arena, at, graph->nodes[i]->name, path);
      if (!found) continue;
      owner = found;
      outermost = at;
    }
    if (outermost) outermost->weights_of = owner;
    else shared[i] = path;
  }
  return shared;
}

const char *group_call(Arena *arena, const PictureGroup *group) {
  const Instance *instance = group->instance;
  if (!instance) return "";
  return instance->arguments && *instance->arguments ? arena_printf(arena, "%s(%s)", instance->block, instance->arguments)
                                                     : instance->block;
}

const char *group_title(Arena *arena, const PictureGroup *group) {
  const char *call = group_call(arena, group), *owner = group->weights_of;
  return arena_printf(arena, "%s%s%s%s%s", group->path, *group->path && *call ? ": " : "", call, owner ? ", weights of " : "",
                      owner ? owner : "");
}
