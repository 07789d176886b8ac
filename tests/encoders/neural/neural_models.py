"""Tiny models with random weights, made from configs and saved as any model on the hub is."""

import atexit
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TOWER = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
SIDE = {"height": 32, "width": 32}


def kept_folder(kind: str) -> Path:
    """Return a new folder for a tiny model that many tests share; it goes when the tests end."""
    folder = tempfile.mkdtemp(prefix=f"tiny-{kind}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def tiny_clip(folder: Path, *, seed: int = 0) -> Path:
    """Save a CLIP that reads 32 letters and looks at 32 pixels, and return its folder."""
    import torch
    from transformers import CLIPConfig, CLIPModel, CLIPProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    config = CLIPConfig(
        text_config=TOWER | _LETTERS_ONLY,
        vision_config=TOWER | {"image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    torch.manual_seed(seed)
    CLIPModel(config).save_pretrained(folder)
    looks = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=SIDE)
    CLIPProcessor(image_processor=looks, tokenizer=_letters(folder)).save_pretrained(folder)
    return folder


def tiny_clap(folder: Path) -> Path:
    """Save a CLAP that reads letters and hears three seconds at 16 kHz, and return its folder."""
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, ClapProcessor, RobertaTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *LETTERS, "\u0120"]
    files = _written(folder, tokens)
    tokenizer = RobertaTokenizer(*files, model_max_length=32)
    text = TOWER | {"vocab_size": len(tokens), "max_position_embeddings": 40, "pad_token_id": 1}
    audio = {
        "window_size": 4,
        "num_mel_bins": 32,
        "spec_size": 128,
        "patch_size": 4,
        "patch_stride": [4, 4],
        "hidden_size": 64,
        "patch_embeds_hidden_size": 16,
        "depths": [1, 1, 1],
        "num_attention_heads": [1, 2, 2],
        "num_hidden_layers": 3,
    }
    torch.manual_seed(0)
    ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=16)).save_pretrained(folder)
    hears = ClapFeatureExtractor(
        feature_size=32,
        sampling_rate=16_000,
        hop_length=160,
        max_length_s=3,
        fft_window_size=1024,
        frequency_max=8000,
        truncation="rand_trunc",
        padding="repeatpad",
    )
    ClapProcessor(feature_extractor=hears, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def tiny_ast(folder: Path) -> Path:
    """Save an audio spectrogram transformer, which hears and reads nothing, and return its folder."""
    import torch
    from transformers import ASTConfig, ASTFeatureExtractor, ASTModel

    torch.manual_seed(0)
    ASTModel(ASTConfig(**TOWER, max_length=128, num_mel_bins=32)).save_pretrained(folder)
    ASTFeatureExtractor(num_mel_bins=32, max_length=128).save_pretrained(folder)
    return folder


def tiny_wav2vec(folder: Path) -> Path:
    """Save a model of speech that takes bare samples, and return its folder."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2Model,
        Wav2Vec2Processor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary, _ = _written(folder, ["<pad>", "<s>", "</s>", "<unk>", "|", *LETTERS])
    convolutions = {"conv_dim": [16] * 3, "conv_stride": [5, 4, 4], "conv_kernel": [10, 4, 4]}
    config = Wav2Vec2Config(
        **TOWER,
        **convolutions,
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    )
    torch.manual_seed(0)
    Wav2Vec2Model(config).save_pretrained(folder)
    hears = Wav2Vec2FeatureExtractor(sampling_rate=16_000)
    Wav2Vec2Processor(hears, Wav2Vec2CTCTokenizer(vocabulary)).save_pretrained(folder)
    return folder


def tiny_vit(folder: Path) -> Path:
    """Save a vision backbone with a pooling of its own, and return its folder."""
    import torch
    from transformers import ViTConfig, ViTModel
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    torch.manual_seed(0)
    ViTModel(ViTConfig(**TOWER, image_size=32, patch_size=8)).save_pretrained(folder)
    ViTImageProcessorPil(size=SIDE).save_pretrained(folder)
    return folder


def tiny_dino(folder: Path) -> Path:
    """Save a DINOv2 with four register tokens, and return its folder."""
    import torch
    from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel
    from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

    torch.manual_seed(0)
    config = Dinov2WithRegistersConfig(**TOWER, image_size=32, patch_size=8, num_register_tokens=4)
    Dinov2WithRegistersModel(config).save_pretrained(folder)
    BitImageProcessorPil(size={"shortest_edge": 32}, crop_size=SIDE).save_pretrained(folder)
    return folder


def tiny_resnet(folder: Path) -> Path:
    """Save a convolutional backbone, and return its folder."""
    import torch
    from transformers import ResNetConfig, ResNetModel
    from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil

    torch.manual_seed(0)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1])
    ResNetModel(config).save_pretrained(folder)
    ConvNextImageProcessorPil(size={"shortest_edge": 64}).save_pretrained(folder)
    return folder


def tiny_clip_model(folder: Path, kind: str) -> Path:
    """Save a model of whole clips, four frames of 32 pixels, and return its folder."""
    import torch
    import transformers
    from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil

    shape: dict[str, Any] = {"image_size": 32, "patch_size": 8, "num_frames": 4}
    configs: dict[str, tuple[str, dict[str, Any]]] = {
        "videomae": ("VideoMAE", TOWER | shape),
        "timesformer": ("Timesformer", TOWER | shape),
        "vivit": ("Vivit", TOWER | {"image_size": 32, "tubelet_size": [2, 8, 8], "num_frames": 4}),
        "vjepa2": ("VJEPA2", _TINY_JEPA),
    }
    stem, settings = configs[kind]
    torch.manual_seed(0)
    config = getattr(transformers, f"{stem}Config")(**settings)
    network = getattr(transformers, f"{stem}Model")(config)
    if kind == "timesformer":  # zeros at first: it would not know one moment from another
        torch.nn.init.normal_(network.embeddings.time_embeddings)
    network.save_pretrained(folder)
    VideoMAEImageProcessorPil(size={"shortest_edge": 32}, crop_size=SIDE).save_pretrained(folder)
    return folder


def tiny_xclip(folder: Path) -> Path:
    """Save an X-CLIP, whose words and clips share a space, and return its folder."""
    import torch
    from transformers import XCLIPConfig, XCLIPModel
    from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil

    vision = TOWER | {
        "image_size": 32,
        "patch_size": 8,
        "num_frames": 4,
        "drop_path_rate": 0.0,
        "mit_hidden_size": 16,
        "mit_intermediate_size": 32,
        "mit_num_hidden_layers": 1,
        "mit_num_attention_heads": 2,
    }
    torch.manual_seed(0)
    config = XCLIPConfig(text_config=TOWER | _LETTERS_ONLY, vision_config=vision, projection_dim=16)
    XCLIPModel(config).save_pretrained(folder)
    _letters(folder).save_pretrained(folder)
    VideoMAEImageProcessorPil(size={"shortest_edge": 32}, crop_size=SIDE).save_pretrained(folder)
    return folder


_TOKENS = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
_LETTERS_ONLY: dict[str, Any] = {
    "vocab_size": len(_TOKENS),
    "max_position_embeddings": 32,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}
_TINY_JEPA: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "crop_size": 32,
    "patch_size": 8,
    "frames_per_clip": 4,
    "tubelet_size": 2,
    "pred_hidden_size": 16,
    "pred_num_hidden_layers": 1,
    "pred_num_attention_heads": 2,
    "pred_num_mask_tokens": 2,
}


def _letters(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    return CLIPTokenizer(*_written(folder, _TOKENS), unk_token=_TOKENS[1], model_max_length=32)


def _written(folder: Path, tokens: list[str]) -> tuple[str, str]:
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps({token: place for place, token in enumerate(tokens)}))
    merges.write_text("#version: 0.2\n")
    return str(vocabulary), str(merges)
