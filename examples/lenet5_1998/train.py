# Trains the network of lenet5_1998.cnn on MNIST and writes its weights:
#   python3 train.py --data DIR --out lenet5_1998.safetensors
# as ../lenet5/train.py does it, with the same options.

import importlib.util

import lenet5_1998_torch

specification = importlib.util.spec_from_file_location("lenet5_train", lenet5_1998_torch.LENET5 + "/train.py")
lenet5_train = importlib.util.module_from_spec(specification)
specification.loader.exec_module(lenet5_train)

if __name__ == "__main__":
    lenet5_train.main(lenet5_1998_torch.LeNet5Of1998, "lenet5_1998", sharpness=0.1)
