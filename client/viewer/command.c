/*
 * command.c - what the menu and the bar do to the connection.
 */
#include "client/viewer/text.h"
#include "client/viewer/ui.h"

void orl_command_keys(struct orl_ui *ui, int sequence)
{
	const uint32_t *usages = NULL;
	int n = orl_sequence(sequence, &usages), err = 0;
	for (int i = 0; i < 2 * n && !err; i++) {
		const struct oriel_key key = {
			.usage = i < n ? usages[i] : usages[2 * n - 1 - i],
			.down = i < n,
		};
		err = orl_box_key(ui->viewer->box, &key);
	}
	if (err && err != ORIEL_ESTATE && err != ORIEL_EDENIED)
		orl_viewer_say("the keys were not sent: %s",
				orl_text(oriel_strerror(err)));
}

void orl_command_release(struct orl_ui *ui)
{
	orl_input_let_go(ui);
}

void orl_command_take(struct orl_ui *ui, bool take)
{
	if (!take)
		orl_command_release(ui);
	orl_box_take(ui->viewer->box, take);
}

void orl_command_disconnect(struct orl_ui *ui)
{
	atomic_store(&ui->viewer->cancel, true);
	orl_box_wake(ui->viewer->box);
}
