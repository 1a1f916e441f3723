"""Signs up, creates, lists, edits and removes tasks with the generated client, and prints what it got. Arguments: the address of the server."""
import json
import sys
import time

from todo_client import AccountApi, ApiClient, Configuration, SignUpInput, TasksApi, TasksCreateInput, TasksEditInput
from todo_client.exceptions import ApiException

configuration = Configuration(host=sys.argv[1])
account = SignUpInput(name="Ada", email=f"ada-{time.time_ns()}@example.com", password="correct horse battery")
_, _, headers = AccountApi(ApiClient(configuration)).sign_up_with_http_info(account)
configuration.access_token = headers["set-auth-token"]

tasks = TasksApi(ApiClient(configuration))
milk = tasks.tasks_create(TasksCreateInput(title="Buy milk", labels=["shop"], due_date="2026-01-31"))
tasks.tasks_create(TasksCreateInput(title="Read a book"), idempotency_key="01890a5d-ac96-774b-bcce-b302099a8057")
tasks.tasks_create(TasksCreateInput(title="Read a book"), idempotency_key="01890a5d-ac96-774b-bcce-b302099a8057")
edited = tasks.tasks_edit(milk.id, TasksEditInput(title="Buy oat milk", expected_version=milk.version))
shop = tasks.tasks_list(labels_any=["shop"], completed=False, sort="title")
try:
    tasks.tasks_remove(milk.id, expected_version=1)
    refused = None
except ApiException as error:
    refused = json.loads(error.body)
print(json.dumps({
    "all": [task.title for task in tasks.tasks_list().items],
    "shop": [task.title for task in shop.items],
    "version": edited.version,
    "due": edited.due_date,
    "refused": refused["reason"],
}))
