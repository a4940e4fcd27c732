/* What accuracy.c and demo.c share: one call of the compiled network for one
 * picture of LENET5_IMAGE_SIZE grey bytes, 0 black to 255 white. */

#ifndef CLASSIFY_H
#define CLASSIFY_H

#include "lenet5.h"

#include <stddef.h>
#include <stdint.h>

static unsigned char *aligned_workspace(void)
{
    static unsigned char storage[LENET5_WORKSPACE_BYTES + LENET5_WORKSPACE_ALIGN];
    size_t excess = (size_t)((uintptr_t)storage % LENET5_WORKSPACE_ALIGN);

    return storage + (LENET5_WORKSPACE_ALIGN - excess);
}

/* Fills the LENET5_PROBS_SIZE probabilities and sets the most probable digit. */
static lenet5_status classify(const unsigned char *pixels, float *probabilities, unsigned *digit)
{
    float image[LENET5_IMAGE_SIZE];
    lenet5_inputs inputs = {image};
    lenet5_outputs outputs = {probabilities};
    lenet5_env environment = {aligned_workspace(), LENET5_WORKSPACE_BYTES, NULL, 0};

    for (size_t i = 0; i < LENET5_IMAGE_SIZE; i++)
        image[i] = (float)pixels[i] / 255.0f;
    lenet5_status status = lenet5_run(&inputs, &outputs, &environment);
    if (status != LENET5_OK)
        return status;
    *digit = 0;
    for (unsigned candidate = 1; candidate < LENET5_PROBS_SIZE; candidate++)
        if (probabilities[candidate] > probabilities[*digit])
            *digit = candidate;
    return LENET5_OK;
}

#endif
