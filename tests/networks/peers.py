"""The same networks in PyTorch: torchvision's and timm's modules, and those that neither has, written here after the
papers. Needs torch; build() raises ImportError where the package of a peer is missing."""
import importlib

import torch
from torch.nn import functional as F


def module(peer):
    """torchvision's or timm's network, without weights of its own, for inference."""
    package, name = peer.split(".")
    if package == "timm":
        return importlib.import_module("timm").create_model(name).eval()
    options = {"aux_logits": False} if name in ("googlenet", "inception_v3") else {}
    if options:
        options["init_weights"] = False  # which takes minutes, for numbers that are replaced
    return getattr(importlib.import_module("torchvision").models, name)(weights=None, **options).eval()


def parameters(network):
    """Names and tensors, in the order of the state_dict, without what counts batches in training."""
    return {name: value for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}


def build(name, peer, weights, dtype):
    """A function from picture to scores, with these weights (a dictionary of tensors)."""
    weights = {key: value.to(dtype) for key, value in weights.items()}
    if peer == "here":
        return lambda x: globals()[name](weights, x)
    network = module(peer).to(dtype)
    counters = {key: value for key, value in network.state_dict().items() if key.endswith("num_batches_tracked")}
    network.load_state_dict({**weights, **counters})
    return network


def conv(w, name, x, **options):
    return F.conv2d(x, w[name + ".weight"], w.get(name + ".bias"), **options)


def fc(w, name, x):
    return F.linear(x, w[name + ".weight"], w[name + ".bias"])


def alexnet_2012(w, x):
    def norm(x):
        return F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=2.0)
    x = F.max_pool2d(norm(F.relu(conv(w, "conv1", x, stride=4))), 3, 2)
    x = F.max_pool2d(norm(F.relu(conv(w, "conv2", x, padding=2, groups=2))), 3, 2)
    x = F.relu(conv(w, "conv3", x, padding=1))
    x = F.relu(conv(w, "conv4", x, padding=1, groups=2))
    x = F.max_pool2d(F.relu(conv(w, "conv5", x, padding=1, groups=2)), 3, 2).flatten(1)
    return fc(w, "fc8", F.relu(fc(w, "fc7", F.relu(fc(w, "fc6", x))))).softmax(1)


def googlenet_2014(w, x):
    def norm(x):
        return F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1.0)

    def pool(x):
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    def inception(name, x):
        def layer(kind, x, **options):
            return F.relu(conv(w, "inception_%s.%s" % (name, kind), x, **options))
        return torch.cat([layer("conv1x1", x),
                          layer("conv3x3", layer("conv3x3_reduce", x), padding=1),
                          layer("conv5x5", layer("conv5x5_reduce", x), padding=2),
                          layer("pool_proj", F.max_pool2d(x, 3, 1, 1))], 1)
    x = norm(pool(F.relu(conv(w, "conv1", x, stride=2, padding=3))))
    x = pool(norm(F.relu(conv(w, "conv2", F.relu(conv(w, "conv2_reduce", x)), padding=1))))
    for name in ("3a", "3b", "pool", "4a", "4b", "4c", "4d", "4e", "pool", "5a", "5b"):
        x = pool(x) if name == "pool" else inception(name, x)
    return fc(w, "classifier", x.mean((2, 3))).softmax(1)


def mobilenet_v1(w, x):
    def layer(name, x, stride=1, **options):
        if w[name + ".weight"].shape[-1] == 3:  # Keras pads by one pixel: at stride 2 only below and on the right
            x = F.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))
        x = conv(w, name, x, stride=stride, **options)
        statistics = [w["%s_bn.%s" % (name, role)] for role in ("running_mean", "running_var", "weight", "bias")]
        return F.relu6(F.batch_norm(x, *statistics, eps=1e-3))
    x = layer("conv1", x, 2)
    for i in range(1, 14):
        x = layer("conv_dw_%d" % i, x, 2 if i in (2, 4, 6, 12) else 1, groups=x.shape[1])
        x = layer("conv_pw_%d" % i, x)
    return conv(w, "conv_preds", x.mean((2, 3), keepdim=True)).flatten(1).softmax(1)
