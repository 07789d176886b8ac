"""The nouns that everything shares: ids, configs, hashes, files, errors, answers."""
