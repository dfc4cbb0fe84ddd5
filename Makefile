# make run: the desk with its web chat. make test: everything. make help: this list.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test soak check lint faq lock clean browser FORCE

help: ## 列出可用的命令
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: var/.ready ## 启动：网页聊天 http://127.0.0.1:8080
	@exec $(BIN)/python -m bot run

test: $(VENV)/.dev browser ## 全部测试
	@$(BIN)/python -m compileall -q bot tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

soak: $(VENV)/.dev ## 承诺的长跑：断电、杀进程、坏消息、时钟，各跑全量（几十分钟）
	SOAK=1 $(BIN)/python -m pytest tests/promises tests/operate tests/e2e

check: $(VENV)/.dev lint faq test ## 检查代码、常见问题，再跑全部测试

lint: $(VENV)/.dev ## ruff、mypy、import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

faq: $(VENV)/.run config.toml ## 检查常见问题
	$(BIN)/python -m bot faq check

lock: $(VENV)/.dev ## 重新锁定依赖（需要 uv）；正式运行的版本就是测试过的版本
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock
	uv pip compile pyproject.toml -c requirements-dev.lock --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock

clean: ## 删掉虚拟环境和缓存（不动数据）
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

config.toml:
	cp config.example.toml config.toml

# A virtual environment that has the tests' packages keeps their versions.
$(VENV)/.run: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r $(if $(wildcard $(VENV)/.dev),requirements-dev.lock,$<)
	@touch $@

$(VENV)/.dev: requirements-dev.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@touch $(VENV)/.run $@

# Installed means ready to start: byte code, keys, database, the FAQ's index; anew when one of them changed.
# The first thing that changed is enough to know (folders too: a file that is gone changes its folder).
CHANGED := $(shell find bot faq -newer var/.ready -not -path '*/__pycache__*' -print -quit 2>/dev/null)
var/.ready: $(VENV)/.run config.toml $(if $(CHANGED),FORCE)
	@$(BIN)/python -m compileall -q bot
	@$(BIN)/python -m bot prepare
	@mkdir -p -m 700 var && touch $@ && chmod 600 $@

# A real browser for the page's tests: the system's, else Playwright's own.
browser: $(VENV)/.dev
	@scripts/browser.sh $(BIN)
